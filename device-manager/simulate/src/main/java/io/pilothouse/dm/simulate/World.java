package io.pilothouse.dm.simulate;

import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;

/** All that is really there in a run, and what time it is. */
final class World {
  final Agenda agenda;
  final Chance chance;
  final Plant plant;
  final SortedMap<String, SimMachine> machines = new TreeMap<>();
  final Noise noise = new Noise();
  final Versions versions = new Versions(this);
  final Tally tally;
  final Hands hands;
  private final Control control;

  World(Agenda agenda, Chance chance, Plant plant, Function<World, Control> control) {
    this.agenda = agenda;
    this.chance = chance;
    this.plant = plant;
    this.tally = new Tally(plant, agenda.now());
    this.hands = new Hands(this);
    for (String name : plant.machines()) {
      machines.put(name, new SimMachine(plant.place(name), this));
    }
    this.control = control.apply(this);
  }

  Control control() {
    return control;
  }

  SimMachine machine(String name) {
    SimMachine machine = machines.get(name);
    if (machine == null) {
      throw new IllegalArgumentException("no machine " + name);
    }
    return machine;
  }

  /** A machine is not as it was. */
  void changed(SimMachine machine) {
    control.changed(machine);
    account(machine);
  }

  /** Brings the account of a machine up to date: with the world, and with who controls it. */
  void account(SimMachine machine) {
    tally.machine(
        machine, agenda.now(), control.takes(machine.name()), control.inService(machine.name()));
  }
}

package io.pilothouse.testing.simulation.cluster;

import io.pilothouse.testing.simulation.Agenda;
import io.pilothouse.testing.simulation.cluster.Disk.Stored;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** All parts of a run. Replicas are numbered from 0, everybody else from 32. */
final class World {
  /** The first address of those who are no replica. */
  static final int OTHERS = 32;

  private static final int STEPS_UNHURT = 25;

  final Agenda agenda;
  final Dice dice;
  final Defect defect;
  final Trace trace;
  final Net net;
  final Oracle oracle;
  final Stored first;
  final Summary count = new Summary();
  final List<Server> servers = new ArrayList<>();
  final Map<String, Plant> plants = new TreeMap<>();
  final List<RepairSatellite> satellites = new ArrayList<>();

  /** Whether faults still happen. */
  boolean storm = true;

  /** The present one. */
  Profile profile;

  private long unique;
  private int addresses = OTHERS;

  World(Dice dice, Stored first, Agenda agenda, Defect defect, boolean traced) {
    this.dice = dice;
    this.first = first;
    this.agenda = agenda;
    this.defect = defect;
    this.profile = Profile.of(dice.split());
    this.trace = new Trace(agenda, traced);
    this.net = new Net(agenda, dice.split(), profile);
    this.oracle = new Oracle(first, trace);
  }

  /** A step that a crash may follow at once: what is written before it must be enough. */
  void step(Server server) {
    if (storm && dice.oneIn(STEPS_UNHURT)) {
      count.crashes++;
      agenda.after(
          dice.between(0, 6),
          () -> {
            server.crash(dice.oneIn(2));
            agenda.after(dice.between(5, dice.oneIn(2) ? 60 : 2_000), server::startAgain);
          });
    }
  }

  Server server(int id) {
    return servers.get(id);
  }

  /** A number that was never given before. */
  long unique() {
    return ++unique;
  }

  int address() {
    return addresses++;
  }

  /** One beyond the last address that is given out. */
  int addresses() {
    return addresses;
  }
}

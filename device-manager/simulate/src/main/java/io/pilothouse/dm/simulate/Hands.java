package io.pilothouse.dm.simulate;

import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.VersionRef;
import java.util.HashMap;
import java.util.Map;

/**
 * Where orders become deeds. Each deed is judged by what the machine really suffers at that moment,
 * and by whether somebody was entitled to it.
 */
final class Hands {
  private final World world;
  private final Map<String, Integer> executed = new HashMap<>();

  Hands(World world) {
    this.world = world;
  }

  /** Switches a machine off and on for a repair; its management controller may lie. */
  void reboot(SimMachine machine, String repair) {
    once(repair);
    switch (machine.bmc) {
      case HONEST -> {
        world.tally.acted(machine, Action.REBOOT);
        machine.powerCycle(false);
      }
      case DOES_NOTHING -> {}
      case DOES_TWICE -> {
        world.tally.acted(machine, Action.REBOOT);
        machine.powerCycle(false);
        world.agenda.after(10 * Spans.SECOND, () -> machine.powerCycle(false));
      }
    }
  }

  /** Boots a machine for an installation, or from its fresh disk: part of a repair already told. */
  void powerCycle(SimMachine machine, boolean network) {
    if (machine.bmc != SimMachine.Bmc.DOES_NOTHING) {
      machine.powerCycle(network);
    }
  }

  /**
   * The installer writes an image: what a ReImage is. New hardware gets its first one uncounted.
   */
  void image(SimMachine machine, VersionRef image) {
    if (!machine.image().equals(SimMachine.NOTHING)) {
      world.tally.acted(machine, Action.RE_IMAGE);
    }
    machine.imaged(image);
  }

  /** A technician swaps a machine for a ticket, or another one beside it by mistake. */
  void replace(SimMachine machine, SimMachine meant, String repair) {
    once(repair);
    world.tally.acted(meant, Action.REPLACE);
    if (!machine.equals(meant)) {
      world.tally.wrongMachine();
    }
    machine.replaced();
    if (!machine.equals(meant)) {
      long now = world.agenda.now();
      machine.suffers(new Ailment("wrong-swap", Sign.DEAD, Mend.RE_IMAGE, now));
    }
  }

  /** The same repair must never be carried out twice, whatever dies meanwhile. */
  private void once(String repair) {
    if (executed.merge(repair, 1, Integer::sum) > 1) {
      throw new Violation("5 no action executes twice", repair + " was executed again");
    }
  }
}

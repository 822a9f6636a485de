package io.pilothouse.dm.simulate;

import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Repair;
import java.util.ArrayList;
import java.util.List;

/** What a fleet must come to once nothing strikes any more. */
final class Calm {
  private static final int MOST_NAMED = 10;

  private Calm() {}

  /** Machines that are neither HEALTHY nor with a person, and how they stand. */
  static List<String> stuck(Simulation simulation) {
    List<String> stuck = new ArrayList<>();
    for (Machine machine : simulation.state().machines()) {
      if (!isSettled(machine) && stuck.size() < MOST_NAMED) {
        stuck.add(
            "%s is %s %s, %s, error %s; really %s; repair %s"
                .formatted(
                    machine.getName(),
                    machine.getLifecycle(),
                    machine.getCondition(),
                    machine.getProvisioning().getStep(),
                    machine.getError().getText(),
                    simulation.world.machine(machine.getName()).ailments(),
                    simulation
                        .state()
                        .repair(machine.getRepairId())
                        .map(Repair::toString)
                        .orElse("none")));
      }
    }
    return stuck;
  }

  private static boolean isSettled(Machine machine) {
    return machine.hasHold()
        || (machine.getLifecycle() == Lifecycle.IN_SERVICE
            && machine.getCondition() == Condition.HEALTHY
            && machine.getRepairId().isEmpty())
        || machine.getLifecycle() == Lifecycle.DECOMMISSIONED;
  }

  /** Latent faults would strike for ever: they end. What is broken now stays so, to be repaired. */
  static void heal(SimMachine machine) {
    machine.first(Sign.Kind.LATENT).ifPresent(machine::passes);
  }
}

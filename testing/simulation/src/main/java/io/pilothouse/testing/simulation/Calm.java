package io.pilothouse.testing.simulation;

import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.dm.state.State;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * What the fleet must come to when the faults have stopped and people decide what waits for them.
 */
final class Calm {

  private Calm() {}

  /** Who or what is not there yet, and how it stands. */
  static List<String> stuck(World world) {
    State state = world.dm.state;
    List<String> stuck = new ArrayList<>();
    for (Machine machine : state.machines()) {
      if (!isSettled(world, machine)) {
        stuck.add(
            "%s is %s %s, %s, error %s, wants %s, runs %s, repair %s"
                .formatted(
                    machine.getName(),
                    machine.getLifecycle(),
                    machine.getCondition(),
                    machine.getProvisioning().getStep(),
                    machine.getError().getText(),
                    machine.getWantedActive().getVersion(),
                    machine.getObserved().getActive().getVersion(),
                    state.repair(machine.getRepairId()).map(Repair::toString).orElse("none")));
      }
    }
    for (Rollout rollout : state.rollouts()) {
      boolean open =
          FakeOperator.isOpen(rollout.getState()) && rollout.getState() != Rollout.State.PAUSED;
      if (open) {
        stuck.add(
            "%s is %s and waits for %s"
                .formatted(rollout.getId(), rollout.getState(), rollout.getWaitingFor()));
      }
    }
    return stuck;
  }

  private static boolean isSettled(World world, Machine machine) {
    boolean person = machine.hasHold() || machine.getDrainRequested();
    return switch (machine.getLifecycle()) {
      case DECOMMISSIONED, MAINTENANCE -> true;
      case IN_SERVICE ->
          person
              || (machine.getCondition() == Condition.HEALTHY
                  && machine.getRepairId().isEmpty()
                  && hasWhatItShould(machine))
              || awaitsPerson(world, machine);
      default -> person || awaitsPerson(world, machine);
    };
  }

  private static boolean hasWhatItShould(Machine machine) {
    boolean image =
        !machine.hasWantedImage()
            || machine.getWantedImage().equals(machine.getObserved().getImage());
    return image
        && machine.getWantedActive().equals(machine.getObserved().getActive())
        && machine.getWantedWatchdogSet().equals(machine.getObserved().getWatchdogSet())
        && machine.getWantedAgent().equals(machine.getObserved().getAgent());
  }

  /**
   * The fault goes on: its unit's version does not work on this machine, for a rollout allowed that
   * or a person aborted it. It climbs the ladder until a person gives it another version.
   */
  private static boolean awaitsPerson(World world, Machine machine) {
    boolean bad =
        Stream.of(
                machine.getWantedActive(), machine.getWantedImage(), machine.getWantedWatchdogSet())
            .anyMatch(each -> !SimFleet.works(each, machine.getName()));
    return bad && world.dm.state.repair(machine.getRepairId()).isPresent();
  }
}

package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.ProbationCause;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** What must hold at every index of rollouts, units and what machines are switched by. */
final class RolloutInvariants {
  private final Entities state;
  private final List<String> broken = new ArrayList<>();

  private RolloutInvariants(Entities state) {
    this.state = state;
  }

  static List<String> check(Entities state) {
    RolloutInvariants check = new RolloutInvariants(state);
    check.alone();
    state.rollouts().forEach(check::inOrder);
    state.machines().forEach(check::installed);
    return check.broken;
  }

  /** As {@link #check}, of what changed. */
  static List<String> checkChanged(Entities state, Set<String> machines, Set<String> rollouts) {
    RolloutInvariants check = new RolloutInvariants(state);
    if (!rollouts.isEmpty()) {
      check.alone();
    }
    rollouts.forEach(each -> state.rollout(each).ifPresent(check::inOrder));
    machines.forEach(each -> state.machine(each).ifPresent(check::installed));
    return check.broken;
  }

  private void inOrder(Rollout rollout) {
    boolean earlierOpen = false;
    for (RolloutUnit unit : rollout.getUnitsList()) {
      boolean begun = unit.getSwitchedCount() > 0;
      if (begun && earlierOpen) {
        broken.add(
            "2 no unit before the previous one passed: %s of %s"
                .formatted(unit.getName(), rollout.getId()));
      }
      earlierOpen |=
          unit.getState() == RolloutUnit.State.PENDING
              || unit.getState() == RolloutUnit.State.UNIT_ACTIVATING
              || unit.getState() == RolloutUnit.State.UNIT_VERIFYING
              || unit.getState() == RolloutUnit.State.UNIT_FAILED;
    }
  }

  /** One open rollout of a thing of a type, and one that switches forward in a unit. */
  private void alone() {
    Set<String> things = new TreeSet<>();
    Set<String> units = new TreeSet<>();
    for (Rollout rollout : state.indexes().rollouts.open(state)) {
      if (!things.add(rollout.getType() + " " + rollout.getThing())) {
        broken.add("one rollout of a thing of a type: " + rollout.getId());
      }
      RolloutUnit unit = rollout.getUnits(rollout.getCurrent());
      boolean switches =
          rollout.getState() != Rollout.State.ROLLING_BACK
              && (unit.getState() == RolloutUnit.State.UNIT_ACTIVATING
                  || unit.getState() == RolloutUnit.State.UNIT_VERIFYING);
      if (switches && !units.add(rollout.getType() + " " + unit.getName())) {
        broken.add("one rollout at a time in %s: %s".formatted(unit.getName(), rollout.getId()));
      }
    }
  }

  private void installed(Machine machine) {
    boolean byRollout =
        machine.getCause() == ProbationCause.CAUSE_ROLLOUT
            || machine.getCause() == ProbationCause.CAUSE_ROLLBACK;
    if (ImageSwitch.isOut(machine) && !byRollout) {
      broken.add("only a rollout has a machine installed from Probation: " + machine.getName());
    }
  }
}

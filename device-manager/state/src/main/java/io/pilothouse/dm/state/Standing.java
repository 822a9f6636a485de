package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Rollout;

/** How a machine stands to a rollout that moves its scale unit. */
enum Standing {
  /** May be switched, and holds every byte. */
  READY,
  /** May be switched once it holds every byte. */
  UNSTAGED,
  /** In Probation for another reason. */
  BUSY,
  /** Cannot be switched now: failed, held, to be drained, or out of service. */
  LEFT,
  /** Switched, in service or being installed with it, and not healthy on it, or not yet. */
  AWAY,
  /** Switched, and in service with an error of which an incident knows another cause. */
  EXCUSED,
  /** Switched, in service and healthy on the version. */
  HEALTHY,
  /** Switched, and out of service since. */
  GONE;

  static Standing of(Entities state, Rollout rollout, Machine machine) {
    boolean inService = machine.getLifecycle() == Lifecycle.IN_SERVICE;
    if (Things.wants(machine, rollout)) {
      if (!inService) {
        return ImageSwitch.isOut(machine, rollout.getId()) ? AWAY : GONE;
      }
      if (IncidentRollouts.isExcused(state, rollout, machine)) {
        return EXCUSED;
      }
      return RolloutSwitch.isHealthyOn(machine, rollout) ? HEALTHY : AWAY;
    }
    if (RolloutSwitch.isEligible(state, machine)) {
      return RolloutSwitch.holds(machine, rollout.getThing(), rollout.getTo()) ? READY : UNSTAGED;
    }
    return inService && machine.getCondition() == Condition.PROBATION ? BUSY : LEFT;
  }
}

package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Rollout;

/** How a machine stands to a rollout that moves its scale unit. */
enum Standing {
  /** May be switched, and every byte is at hand ({@link RolloutSwitch#holds}). */
  READY,
  /** May be switched once every byte is at hand. */
  UNSTAGED,
  /** In Probation for another reason. */
  BUSY,
  /** Cannot be switched now: failed, held, to be drained, or out of service. */
  LEFT,
  /** Switched, in service or being installed with it, and not healthy on it, or not yet. */
  AWAY,
  /**
   * Switched, and not judged by: people hold it, or an incident knows another cause of its error.
   */
  EXCUSED,
  /** Switched, in service and healthy on the version. */
  HEALTHY,
  /** Switched, and out of service since. */
  GONE;

  static Standing of(Entities state, Rollout rollout, Machine machine) {
    boolean inService = machine.getLifecycle() == Lifecycle.IN_SERVICE;
    if (Things.wants(machine, rollout)) {
      if (!inService && !ImageSwitch.isOut(machine, rollout.getId())) {
        return GONE;
      }
      if (IncidentRollouts.isExcused(state, rollout, machine)) {
        return EXCUSED;
      }
      if (RolloutSwitch.isHealthyOn(machine, rollout)) {
        return HEALTHY;
      }
      return DomainHolds.isHeld(state, machine) ? EXCUSED : AWAY;
    }
    if (RolloutSwitch.isEligible(state, machine)) {
      return RolloutSwitch.holds(state, machine, rollout.getThing(), rollout.getTo())
          ? READY
          : UNSTAGED;
    }
    return inService && machine.getCondition() == Condition.PROBATION ? BUSY : LEFT;
  }
}

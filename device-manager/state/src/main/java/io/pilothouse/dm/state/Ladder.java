package io.pilothouse.dm.state;

import io.pilothouse.api.v1.ErrorState;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.RepairPolicy;
import io.pilothouse.manifests.policy.Decision;
import io.pilothouse.manifests.policy.Evaluator;
import io.pilothouse.manifests.policy.FailureCase;
import java.time.Instant;

/** Asks the policy which action a machine's failure gets. */
final class Ladder {
  private Ladder() {}

  /** What the policy's rules, or the default ones, say of this machine now. */
  static Decision choose(ErrorState error, Machine machine, RepairPolicy policy, Instant at) {
    return Evaluator.decide(
        policy,
        new FailureCase(
            error.getFault(),
            error.getSeverity(),
            error.getWatchdog(),
            machine.getType(),
            machine.getPastActionsList(),
            machine.getLastFailureAt(),
            machine.getHealthySince(),
            at.toEpochMilli(),
            policy.getQuietMs()));
  }
}

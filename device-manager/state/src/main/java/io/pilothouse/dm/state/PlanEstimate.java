package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutPolicy;

/**
 * How long a rollout takes when nothing goes wrong: each batch is away for a while, with the waits
 * that its policy asks for. It walks through the batches as the rollout would.
 */
final class PlanEstimate {
  private final Rollout.Builder pretended;
  private long at;

  PlanEstimate(RolloutPolicy policy, long now) {
    this.pretended = Rollout.newBuilder().setPolicy(policy);
    this.at = now;
  }

  /**
   * Goes through one unit.
   *
   * @param machines to be switched
   * @param batch at once
   * @param awayMs of each batch
   * @return how long it takes, in milliseconds
   */
  long unit(int machines, int batch, long awayMs) {
    long begun = at;
    int left = machines;
    while (left > 0) {
      RolloutGate gate = RolloutGate.of(pretended, at);
      if (gate.machines() == 0) {
        at = gate.until();
        continue;
      }
      int now = Math.min(left, Math.min(Math.max(1, batch), gate.machines()));
      RolloutGate.note(pretended, at, now);
      left -= now;
      at += awayMs;
    }
    at += machines == 0 ? 0 : pretended.getPolicy().getSoakMs();
    return at - begun;
  }

  /** When it may switch its first machine, 0 = at once. */
  long notBefore() {
    return RolloutGate.of(pretended, at).until();
  }
}

package io.pilothouse.manifests.policy;

import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.PastAction;
import io.pilothouse.api.v1.Severity;
import java.util.List;

/**
 * All that a policy may look at when a machine has failed. Times are milliseconds since the epoch.
 *
 * @param fault code of the fault, such as {@code disk.smart}
 * @param watchdog the watchdog that raised it first
 * @param type the machine's type
 * @param past what was done to this hardware, oldest first; at most {@link #PAST_KEPT}
 * @param failedAt when the machine entered FAILURE
 * @param healthySince when it had last become HEALTHY before that, 0 = never
 * @param quietMs the policy's error-free time, which flap damping is measured in
 */
public record FailureCase(
    String fault,
    Severity severity,
    String watchdog,
    String type,
    List<PastAction> past,
    long failedAt,
    long healthySince,
    long now,
    long quietMs) {

  /** So many past actions of a machine are kept: no count ever exceeds it. */
  public static final int PAST_KEPT = 20;

  /**
   * HEALTHY for less than so many times {@code quiet} does not start the ladder anew: a flapping
   * machine is one that keeps failing.
   */
  static final int FLAP_FACTOR = 3;

  public FailureCase {
    past = List.copyOf(past);
  }

  /**
   * Place of the past action that goes when there is one too many: the oldest DoNothing but for the
   * newest act, else the oldest of all. A machine that flaps on while a person is asked gathers
   * DoNothings; they must not push out the acts that say why nobody touches it any more.
   */
  public static int leastTelling(List<PastAction> past) {
    for (int i = 0; i < past.size() - 1; i++) {
      if (past.get(i).getAction() == Action.DO_NOTHING) {
        return i;
      }
    }
    return 0;
  }

  /** How long the machine was HEALTHY before it failed. */
  long healthyForMs() {
    return healthySince == 0 ? 0 : Math.max(0, failedAt - healthySince);
  }

  boolean flaps() {
    return healthyForMs() < FLAP_FACTOR * quietMs;
  }

  /** When the last action was over, 0 = there was none. */
  long lastEndedAt() {
    long ended = 0;
    for (PastAction each : past) {
      ended = Math.max(ended, Math.max(each.getAt(), each.getEndedAt()));
    }
    return ended;
  }

  /** The kind of the last action; unspecified when there was none. */
  Action lastAction() {
    return past.isEmpty() ? Action.ACTION_UNSPECIFIED : past.get(past.size() - 1).getAction();
  }
}

package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.ErrorState;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.PastAction;
import io.pilothouse.api.v1.RepairPolicy;
import io.pilothouse.api.v1.Severity;
import java.time.Instant;
import java.util.List;

/**
 * Chooses the repair action from fault, history and policy: an ordered list of rules, first match
 * wins (Isard 2007, section 4: DoNothing, Reboot, ReImage, Replace).
 */
final class Ladder {

  /** The action and the rule that chose it, as shown to people. */
  record Choice(Action action, String rule) {}

  private Ladder() {}

  static Choice choose(ErrorState error, Machine machine, RepairPolicy policy, Instant at) {
    long now = at.toEpochMilli();
    List<PastAction> past = machine.getPastActionsList();
    if (error.getSeverity() == Severity.FATAL) {
      return replace(past, policy, now);
    }
    long acts =
        past.stream()
            .filter(each -> each.getAt() > now - policy.getAttemptsWindowMs())
            .filter(each -> each.getAction() != Action.DO_NOTHING)
            .count();
    if (acts >= policy.getMaxAttempts()) {
      return new Choice(
          Action.ESCALATE,
          "4: %s actions within %s, the most allowed is %s -> Escalate"
              .formatted(acts, Texts.span(policy.getAttemptsWindowMs()), policy.getMaxAttempts()));
    }
    if (past.isEmpty() || isQuietSince(past.get(past.size() - 1), machine, policy, now)) {
      return new Choice(
          Action.DO_NOTHING,
          "2: no failure in the last %s -> DoNothing"
              .formatted(Texts.span(policy.getHistoryWindowMs())));
    }
    Action last = past.get(past.size() - 1).getAction();
    return switch (last) {
      case DO_NOTHING -> new Choice(Action.REBOOT, "3: last action DoNothing -> Reboot");
      case REBOOT -> afterReboot(past, policy);
      case RE_IMAGE -> new Choice(Action.REPLACE, "3: last action ReImage -> Replace");
      case REPLACE, ESCALATE ->
          new Choice(Action.ESCALATE, "4: Replace just failed to help -> Escalate");
      case ACTION_UNSPECIFIED, UNRECOGNIZED ->
          throw new IllegalStateException("a past action without an action: " + past);
    };
  }

  /** New hardware comes without a past, so the Replaces in it are those that came to nothing. */
  private static Choice replace(List<PastAction> past, RepairPolicy policy, long now) {
    long replaces =
        past.stream()
            .filter(each -> each.getAt() > now - policy.getAttemptsWindowMs())
            .filter(each -> each.getAction() == Action.REPLACE)
            .count();
    if (replaces < policy.getMaxAttempts()) {
      return new Choice(Action.REPLACE, "1: fatal hardware fault -> Replace");
    }
    return new Choice(
        Action.ESCALATE,
        "4: %s Replaces came to nothing within %s -> Escalate"
            .formatted(replaces, Texts.span(policy.getAttemptsWindowMs())));
  }

  private static Choice afterReboot(List<PastAction> past, RepairPolicy policy) {
    int reboots = 0;
    for (int i = past.size() - 1; i >= 0 && past.get(i).getAction() == Action.REBOOT; i--) {
      reboots++;
    }
    return reboots < policy.getReboots()
        ? new Choice(
            Action.REBOOT,
            "3: Reboot %s of %s did not last -> Reboot".formatted(reboots, policy.getReboots()))
        : new Choice(
            Action.RE_IMAGE, "3: last action Reboot, %s times -> ReImage".formatted(reboots));
  }

  /**
   * Whether the record is clean again: the last action is older than the window, and the machine
   * was HEALTHY long enough since (a short HEALTHY spell does not reset the ladder).
   */
  private static boolean isQuietSince(
      PastAction last, Machine machine, RepairPolicy policy, long now) {
    long ended = Math.max(last.getAt(), last.getEndedAt());
    long healthyFor =
        machine.getHealthySince() == 0 ? 0 : machine.getLastFailureAt() - machine.getHealthySince();
    return ended <= now - policy.getHistoryWindowMs() && healthyFor >= 3 * policy.getQuietMs();
  }
}

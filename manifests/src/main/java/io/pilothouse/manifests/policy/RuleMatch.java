package io.pilothouse.manifests.policy;

import io.pilothouse.api.v1.HistoryCount;
import io.pilothouse.api.v1.PastAction;
import io.pilothouse.api.v1.PolicyRule;
import io.pilothouse.api.v1.Severity;
import java.util.List;
import java.util.Optional;

/** Whether one rule holds for one case. */
final class RuleMatch {
  private RuleMatch() {}

  static boolean matches(PolicyRule rule, FailureCase failure) {
    return failed(rule, failure).isEmpty();
  }

  /** The first condition that does not hold, as a sentence; empty when all do. */
  static Optional<String> failed(PolicyRule rule, FailureCase failure) {
    return severity(rule, failure)
        .or(() -> name("fault", rule.getFaultsList(), failure.fault()))
        .or(() -> name("watchdog", rule.getWatchdogsList(), failure.watchdog()))
        .or(() -> name("type", rule.getTypesList(), failure.type()))
        .or(() -> quiet(rule, failure))
        .or(() -> last(rule, failure))
        .or(() -> outcome(rule, failure))
        .or(() -> sameFault(rule, failure))
        .or(() -> counts(rule, failure));
  }

  private static Optional<String> severity(PolicyRule rule, FailureCase failure) {
    Severity wanted = rule.getSeverity();
    if (wanted == Severity.SEVERITY_UNSPECIFIED || isFatal(wanted) == isFatal(failure.severity())) {
      return Optional.empty();
    }
    return Optional.of(isFatal(wanted) ? "the fault is not fatal" : "the fault is fatal");
  }

  /** A fault of no stated severity is a normal one. */
  private static boolean isFatal(Severity severity) {
    return severity == Severity.FATAL;
  }

  private static Optional<String> name(String what, List<String> globs, String name) {
    if (globs.isEmpty() || globs.stream().anyMatch(each -> Glob.matches(each, name))) {
      return Optional.empty();
    }
    return Optional.of(
        "the %s is %s, not %s"
            .formatted(what, name.isEmpty() ? "unknown" : name, RuleWords.or(globs)));
  }

  private static Optional<String> quiet(PolicyRule rule, FailureCase failure) {
    long wanted = rule.getQuietForMs();
    if (wanted == 0 || failure.past().isEmpty()) {
      return Optional.empty();
    }
    long ago = failure.now() - failure.lastEndedAt();
    if (ago < wanted) {
      return Optional.of(
          "the last action ended %s ago, not %s"
              .formatted(RuleWords.elapsed(ago), RuleWords.span(wanted)));
    }
    if (failure.flaps()) {
      return Optional.of(
          "it was HEALTHY for %s only, which is less than %s and does not count"
              .formatted(
                  RuleWords.elapsed(failure.healthyForMs()),
                  RuleWords.span(FailureCase.FLAP_FACTOR * failure.quietMs())));
    }
    return Optional.empty();
  }

  private static Optional<String> last(PolicyRule rule, FailureCase failure) {
    if (rule.getLastActionsCount() == 0
        || rule.getLastActionsList().contains(failure.lastAction())) {
      return Optional.empty();
    }
    return Optional.of(
        failure.past().isEmpty()
            ? "there is no last action"
            : "the last action is %s, not %s"
                .formatted(
                    RuleWords.action(failure.lastAction()),
                    RuleWords.actions(rule.getLastActionsList())));
  }

  private static Optional<String> outcome(PolicyRule rule, FailureCase failure) {
    if (rule.getLastOutcome() == PolicyRule.Outcome.OUTCOME_ANY) {
      return Optional.empty();
    }
    if (failure.past().isEmpty()) {
      return Optional.of("there is no last action");
    }
    boolean helped = newest(failure).getHelped();
    if (helped == (rule.getLastOutcome() == PolicyRule.Outcome.HELPED)) {
      return Optional.empty();
    }
    return Optional.of(helped ? "the last action had helped" : "the last action had not helped");
  }

  private static Optional<String> sameFault(PolicyRule rule, FailureCase failure) {
    if (!rule.getSameFault()) {
      return Optional.empty();
    }
    if (failure.past().isEmpty()) {
      return Optional.of("there is no last action");
    }
    String before = newest(failure).getFault();
    return before.equals(failure.fault())
        ? Optional.empty()
        : Optional.of(
            "the last action was for the fault %s, not %s"
                .formatted(before.isEmpty() ? "unknown" : before, failure.fault()));
  }

  private static PastAction newest(FailureCase failure) {
    return failure.past().get(failure.past().size() - 1);
  }

  private static Optional<String> counts(PolicyRule rule, FailureCase failure) {
    for (HistoryCount count : rule.getCountsList()) {
      int found = History.of(count, failure);
      if (found < count.getAtLeast()) {
        return Optional.of(
            "there are %s %s, not at least %s"
                .formatted(found, RuleWords.counted(count), count.getAtLeast()));
      }
      if (count.getBelow() > 0 && found >= count.getBelow()) {
        return Optional.of(
            "there are %s %s, not below %s"
                .formatted(found, RuleWords.counted(count), count.getBelow()));
      }
    }
    return Optional.empty();
  }
}

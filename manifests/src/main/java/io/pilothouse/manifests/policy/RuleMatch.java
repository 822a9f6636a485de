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

  /** The same as {@link #failed} without words, for those who ask very often. */
  static boolean matches(PolicyRule rule, FailureCase failure) {
    return matchesBeside(rule, failure)
        && isQuiet(rule, failure)
        && rule.getCountsList().stream().allMatch(each -> holds(each, failure));
  }

  /** Whether all that is not a count or a time holds. */
  static boolean matchesBeside(PolicyRule rule, FailureCase failure) {
    return isSeverity(rule, failure)
        && isNamed(rule.getFaultsList(), failure.fault())
        && isNamed(rule.getWatchdogsList(), failure.watchdog())
        && isNamed(rule.getTypesList(), failure.type())
        && isAfter(rule, failure)
        && isOutcome(rule, failure)
        && isSameFault(rule, failure);
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

  private static boolean isSeverity(PolicyRule rule, FailureCase failure) {
    Severity wanted = rule.getSeverity();
    return wanted == Severity.SEVERITY_UNSPECIFIED
        || isFatal(wanted) == isFatal(failure.severity());
  }

  private static Optional<String> severity(PolicyRule rule, FailureCase failure) {
    if (isSeverity(rule, failure)) {
      return Optional.empty();
    }
    return Optional.of(
        isFatal(rule.getSeverity()) ? "the fault is not fatal" : "the fault is fatal");
  }

  /** A fault of no stated severity is a normal one. */
  private static boolean isFatal(Severity severity) {
    return severity == Severity.FATAL;
  }

  private static boolean isNamed(List<String> globs, String name) {
    return globs.isEmpty() || globs.stream().anyMatch(each -> Glob.matches(each, name));
  }

  private static Optional<String> name(String what, List<String> globs, String name) {
    if (isNamed(globs, name)) {
      return Optional.empty();
    }
    return Optional.of(
        "the %s is %s, not %s"
            .formatted(what, name.isEmpty() ? "unknown" : name, RuleWords.or(globs)));
  }

  private static boolean isQuiet(PolicyRule rule, FailureCase failure) {
    long wanted = rule.getQuietForMs();
    return wanted == 0
        || failure.past().isEmpty()
        || (failure.now() - failure.lastEndedAt() >= wanted && !failure.flaps());
  }

  private static Optional<String> quiet(PolicyRule rule, FailureCase failure) {
    if (isQuiet(rule, failure)) {
      return Optional.empty();
    }
    long wanted = rule.getQuietForMs();
    long ago = failure.now() - failure.lastEndedAt();
    if (ago < wanted) {
      return Optional.of(
          "the last action ended %s ago, not %s"
              .formatted(RuleWords.elapsed(ago), RuleWords.span(wanted)));
    }
    return Optional.of(
        "it was HEALTHY for %s only, which is less than %s and does not count"
            .formatted(
                RuleWords.elapsed(failure.healthyForMs()),
                RuleWords.span(FailureCase.FLAP_FACTOR * failure.quietMs())));
  }

  private static boolean isAfter(PolicyRule rule, FailureCase failure) {
    return rule.getLastActionsCount() == 0
        || rule.getLastActionsList().contains(failure.lastAction());
  }

  private static Optional<String> last(PolicyRule rule, FailureCase failure) {
    if (isAfter(rule, failure)) {
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

  private static boolean isOutcome(PolicyRule rule, FailureCase failure) {
    return switch (rule.getLastOutcome()) {
      case OUTCOME_ANY, UNRECOGNIZED -> true;
      case HELPED -> !failure.past().isEmpty() && newest(failure).getHelped();
      case NOT_HELPED -> !failure.past().isEmpty() && !newest(failure).getHelped();
    };
  }

  private static Optional<String> outcome(PolicyRule rule, FailureCase failure) {
    if (isOutcome(rule, failure)) {
      return Optional.empty();
    }
    if (failure.past().isEmpty()) {
      return Optional.of("there is no last action");
    }
    return Optional.of(
        newest(failure).getHelped()
            ? "the last action had helped"
            : "the last action had not helped");
  }

  private static boolean isSameFault(PolicyRule rule, FailureCase failure) {
    return !rule.getSameFault()
        || (!failure.past().isEmpty() && newest(failure).getFault().equals(failure.fault()));
  }

  private static Optional<String> sameFault(PolicyRule rule, FailureCase failure) {
    if (isSameFault(rule, failure)) {
      return Optional.empty();
    }
    if (failure.past().isEmpty()) {
      return Optional.of("there is no last action");
    }
    String before = newest(failure).getFault();
    return Optional.of(
        "the last action was for the fault %s, not %s"
            .formatted(before.isEmpty() ? "unknown" : before, failure.fault()));
  }

  private static PastAction newest(FailureCase failure) {
    return failure.past().get(failure.past().size() - 1);
  }

  private static boolean holds(HistoryCount count, FailureCase failure) {
    int found = History.of(count, failure);
    return found >= count.getAtLeast() && (count.getBelow() == 0 || found < count.getBelow());
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

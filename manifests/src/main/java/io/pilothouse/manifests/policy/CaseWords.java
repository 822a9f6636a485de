package io.pilothouse.manifests.policy;

import io.pilothouse.api.v1.PastAction;
import io.pilothouse.api.v1.Severity;
import java.util.ArrayList;
import java.util.List;

/** Cases as people read them. */
final class CaseWords {
  private CaseWords() {}

  /** {@code a normal fault "disk.any" after Reboot 1h ago}. */
  static String describe(FailureCase failure) {
    String severity = failure.severity() == Severity.FATAL ? "fatal" : "normal";
    return "a %s fault \"%s\" of watchdog \"%s\" on a machine of type \"%s\"%s"
        .formatted(severity, failure.fault(), failure.watchdog(), failure.type(), past(failure));
  }

  private static String past(FailureCase failure) {
    if (failure.past().isEmpty()) {
      return " without a past";
    }
    List<String> parts = new ArrayList<>();
    int i = 0;
    while (i < failure.past().size()) {
      int from = i;
      PastAction first = failure.past().get(from);
      while (i < failure.past().size() && isLike(failure.past().get(i), first)) {
        i++;
      }
      parts.add(
          "%s%s %s ago"
              .formatted(
                  i - from == 1 ? "" : (i - from) + " x ",
                  RuleWords.action(first.getAction()),
                  RuleWords.elapsed(failure.now() - first.getAt())));
    }
    return " after " + String.join(" and ", parts);
  }

  private static boolean isLike(PastAction a, PastAction b) {
    return a.getAction() == b.getAction() && a.getAt() == b.getAt();
  }
}

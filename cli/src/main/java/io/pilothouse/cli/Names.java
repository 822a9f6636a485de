package io.pilothouse.cli;

import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.VersionRef;
import java.time.Duration;
import java.time.Instant;

/** How the domain's values are written for people and scripts. */
public final class Names {
  private Names() {}

  public static String action(Action action) {
    return switch (action) {
      case DO_NOTHING -> "DoNothing";
      case REBOOT -> "Reboot";
      case RE_IMAGE -> "ReImage";
      case REPLACE -> "Replace";
      case ESCALATE -> "Escalate";
      case ACTION_UNSPECIFIED, UNRECOGNIZED -> "";
    };
  }

  public static String condition(Condition condition) {
    return condition == Condition.CONDITION_UNSPECIFIED ? "" : condition.name();
  }

  public static String lifecycle(Lifecycle lifecycle) {
    return lifecycle == Lifecycle.LIFECYCLE_UNSPECIFIED ? "" : lifecycle.name();
  }

  /** {@code web@1.0.0}, or empty. */
  public static String ref(VersionRef ref) {
    return ref.getName().isEmpty() ? "" : ref.getName() + "@" + ref.getVersion();
  }

  /** What somebody else named, without what would move a terminal's cursor or turn its text. */
  public static String printable(String name) {
    return name.replaceAll("[\\p{Cc}\\p{Cf}]", "?");
  }

  /** How long ago, for tables. */
  public static String ago(long millis) {
    return millis == 0
        ? ""
        : Durations.text(Duration.between(Instant.ofEpochMilli(millis), Instant.now()));
  }

  /** A moment to come or gone by, on both clocks: {@code at 2026-…Z (in 4m)}. */
  public static String when(long millis) {
    Duration away = Duration.between(Instant.now(), Instant.ofEpochMilli(millis));
    String relative =
        away.isNegative() ? Durations.text(away.negated()) + " ago" : "in " + Durations.text(away);
    return "at %s (%s)".formatted(at(millis), relative);
  }

  /** ISO 8601, or empty when 0. */
  public static String at(long millis) {
    return millis == 0 ? "" : Instant.ofEpochMilli(millis).toString();
  }
}

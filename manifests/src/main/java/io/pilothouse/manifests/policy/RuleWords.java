package io.pilothouse.manifests.policy;

import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.HistoryCount;
import io.pilothouse.api.v1.PolicyRule;
import io.pilothouse.api.v1.Severity;
import java.util.ArrayList;
import java.util.List;

/** Rules as people read them. The words of the files are used, so that they can be looked up. */
public final class RuleWords {
  private static final long SECOND = 1000;
  private static final long MINUTE = 60 * SECOND;
  private static final long HOUR = 60 * MINUTE;
  private static final long DAY = 24 * HOUR;

  private RuleWords() {}

  /** {@code 5: last action DoNothing -> Reboot}. */
  public static String shown(int number, PolicyRule rule) {
    String name = rule.getName().isEmpty() ? condition(rule) : rule.getName();
    return "%s: %s -> %s".formatted(number, name, done(rule));
  }

  /** The rule in full: its number, its name, what must hold, what is done. */
  public static String full(int number, PolicyRule rule) {
    String name = rule.getName().isEmpty() ? "" : " [" + rule.getName() + "]";
    return "%s:%s %s -> %s".formatted(number, name, condition(rule), done(rule));
  }

  private static String done(PolicyRule rule) {
    return action(rule.getAction()) + (rule.getApproval() ? ", once approved" : "");
  }

  /** What must hold, {@code severity fatal, fault disk.* or memory.*}; {@code always}. */
  public static String condition(PolicyRule rule) {
    List<String> parts = new ArrayList<>();
    if (rule.getSeverity() != Severity.SEVERITY_UNSPECIFIED) {
      parts.add(rule.getSeverity() == Severity.FATAL ? "severity fatal" : "severity normal");
    }
    names("fault", rule.getFaultsList(), parts);
    names("watchdog", rule.getWatchdogsList(), parts);
    names("type", rule.getTypesList(), parts);
    if (rule.getQuietForMs() > 0) {
      parts.add("quiet for " + span(rule.getQuietForMs()));
    }
    if (rule.getLastActionsCount() > 0) {
      parts.add("last action " + actions(rule.getLastActionsList()));
    }
    if (rule.getLastOutcome() != PolicyRule.Outcome.OUTCOME_ANY) {
      parts.add(
          rule.getLastOutcome() == PolicyRule.Outcome.HELPED
              ? "the last action had helped"
              : "the last action had not helped");
    }
    if (rule.getSameFault()) {
      parts.add("the last action was for the same fault");
    }
    for (HistoryCount count : rule.getCountsList()) {
      parts.add(bounds(count) + " " + counted(count));
    }
    return parts.isEmpty() ? "always" : String.join(", ", parts);
  }

  private static void names(String what, List<String> globs, List<String> parts) {
    if (!globs.isEmpty()) {
      parts.add(what + " " + or(globs));
    }
  }

  private static String bounds(HistoryCount count) {
    if (count.getBelow() == 0) {
      return "at least " + count.getAtLeast();
    }
    return count.getAtLeast() == 0
        ? "fewer than " + count.getBelow()
        : "at least %s and fewer than %s".formatted(count.getAtLeast(), count.getBelow());
  }

  /** What is counted: {@code actions (Reboot or ReImage) within 7d}. */
  static String counted(HistoryCount count) {
    String of = count.getOfCount() == 0 ? "" : " (" + actions(count.getOfList()) + ")";
    String within = count.getWithinMs() == 0 ? "" : " within " + span(count.getWithinMs());
    String what =
        switch (count.getWhat()) {
          case FAILURES -> "failures";
          case ACTIONS -> "actions" + of;
          case IN_A_ROW -> "in a row" + of;
          case WHAT_UNSPECIFIED, UNRECOGNIZED -> "of something unknown";
        };
    return what + within;
  }

  /** The name that policies give to an action. */
  public static String action(Action action) {
    return switch (action) {
      case DO_NOTHING -> "DoNothing";
      case REBOOT -> "Reboot";
      case RE_IMAGE -> "ReImage";
      case REPLACE -> "Replace";
      case ESCALATE -> "Escalate";
      case ACTION_UNSPECIFIED, UNRECOGNIZED -> "no action";
    };
  }

  static String actions(List<Action> actions) {
    return or(actions.stream().map(RuleWords::action).toList());
  }

  static String or(List<String> words) {
    return String.join(" or ", words);
  }

  /** A span as policies write it: {@code 72h}, {@code 7d}, {@code 90s}. */
  public static String span(long millis) {
    if (millis % DAY == 0 && millis > 3 * DAY) {
      return millis / DAY + "d";
    }
    if (millis % HOUR == 0 && millis > 0) {
      return millis / HOUR + "h";
    }
    if (millis % MINUTE == 0 && millis > 0) {
      return millis / MINUTE + "m";
    }
    return millis % SECOND == 0 ? millis / SECOND + "s" : millis + "ms";
  }

  /** Time gone by, in its two largest units: {@code 3h 12m}. */
  static String elapsed(long millis) {
    if (millis < SECOND) {
      return millis + "ms";
    }
    long[] sizes = {DAY, HOUR, MINUTE, SECOND};
    String[] units = {"d", "h", "m", "s"};
    List<String> parts = new ArrayList<>();
    long rest = millis;
    for (int i = 0; i < sizes.length && parts.size() < 2; i++) {
      if (rest >= sizes[i]) {
        parts.add(rest / sizes[i] + units[i]);
        rest %= sizes[i];
      } else if (!parts.isEmpty()) {
        break;
      }
    }
    return String.join(" ", parts);
  }
}

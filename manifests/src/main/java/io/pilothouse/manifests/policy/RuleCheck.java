package io.pilothouse.manifests.policy;

import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.HistoryCount;
import io.pilothouse.api.v1.PolicyRule;
import io.pilothouse.api.v1.RepairPolicy;
import io.pilothouse.api.v1.Severity;
import java.util.ArrayList;
import java.util.List;

/**
 * Whether the rules of a policy can be evaluated at all. Files are checked with positions by their
 * parser; this is for what comes over the wire. Negative numbers are the caller's.
 */
public final class RuleCheck {
  /** More rules than anybody reads. */
  public static final int MOST_RULES = 100;

  private static final int MOST_GLOBS = 50;
  private static final int LONGEST = 200;

  private final String of;
  private final List<String> problems;

  private RuleCheck(String of, List<String> problems) {
    this.of = of;
    this.problems = problems;
  }

  /** All problems at once, each naming policy and rule; empty when there is none. */
  public static List<String> problems(RepairPolicy policy) {
    List<String> problems = new ArrayList<>();
    String name = "repair policy " + policy.getName();
    if (policy.getRulesCount() > MOST_RULES) {
      problems.add(
          "%s has %s rules, at most %s are allowed"
              .formatted(name, policy.getRulesCount(), MOST_RULES));
      return problems;
    }
    for (int i = 0; i < policy.getRulesCount(); i++) {
      new RuleCheck(name + ", rule " + (i + 1), problems).check(policy.getRules(i));
    }
    return problems;
  }

  private void check(PolicyRule rule) {
    if (rule.getName().length() > LONGEST) {
      add(
          "its name has %s characters, at most %s are allowed"
              .formatted(rule.getName().length(), LONGEST));
    }
    action(rule.getAction(), "what it does is unknown");
    rule.getLastActionsList().forEach(each -> action(each, "last-action is unknown"));
    if (rule.getSeverity() == Severity.UNRECOGNIZED) {
      add("its severity is unknown; use normal or fatal");
    }
    if (rule.getLastOutcome() == PolicyRule.Outcome.UNRECOGNIZED) {
      add("last-outcome is unknown; use helped or did-not-help");
    }
    globs("fault", rule.getFaultsList());
    globs("watchdog", rule.getWatchdogsList());
    globs("type", rule.getTypesList());
    if (rule.getCountsCount() > MOST_GLOBS) {
      add("it has %s counts, at most %s are allowed".formatted(rule.getCountsCount(), MOST_GLOBS));
    }
    rule.getCountsList().forEach(this::count);
  }

  private void action(Action action, String what) {
    if (!History.ACTIONS.contains(action)) {
      add("%s; use DoNothing, Reboot, ReImage, Replace or Escalate".formatted(what));
    }
  }

  private void globs(String what, List<String> globs) {
    if (globs.size() > MOST_GLOBS) {
      add("%s has %s patterns, at most %s are allowed".formatted(what, globs.size(), MOST_GLOBS));
    }
    for (String each : globs) {
      if (each.isEmpty() || each.length() > LONGEST) {
        add(
            "%s has a pattern of %s characters, 1 to %s are allowed"
                .formatted(what, each.length(), LONGEST));
      }
    }
  }

  private void count(HistoryCount count) {
    switch (count.getWhat()) {
      case FAILURES -> {
        if (count.getOfCount() > 0) {
          add("failures counts every action; leave its of out, or count actions");
        }
      }
      case IN_A_ROW -> {
        if (count.getOfCount() == 0) {
          add("in-a-row has no of: name the actions that it counts");
        }
      }
      case ACTIONS -> {}
      case WHAT_UNSPECIFIED, UNRECOGNIZED ->
          add("what it counts is unknown; use failures, actions or in-a-row");
    }
    count.getOfList().forEach(each -> action(each, "of is unknown"));
    if (count.getAtLeast() == 0 && count.getBelow() == 0) {
      add("a count has neither at-least nor below, so it asks for nothing");
    }
  }

  private void add(String problem) {
    problems.add(of + ": " + problem);
  }
}

package io.pilothouse.manifests.policy;

import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.PolicyRule;
import io.pilothouse.api.v1.RepairPolicy;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Walks the rules of a policy: the first that matches decides. */
public final class Evaluator {
  private static final int CONSIDERED_KEPT = 20;

  private Evaluator() {}

  /** What the policy says; its own rules, or the default ones when it has none. */
  public static Decision decide(RepairPolicy policy, FailureCase failure) {
    return decide(DefaultPolicy.rules(policy), failure);
  }

  /** What the rules say. A case that none of them matches is a person's. */
  public static Decision decide(List<PolicyRule> rules, FailureCase failure) {
    List<String> considered = new ArrayList<>();
    for (int i = 0; i < rules.size(); i++) {
      PolicyRule rule = rules.get(i);
      Optional<String> failed = RuleMatch.failed(rule, failure);
      if (failed.isEmpty()) {
        return new Decision(
            rule.getAction(),
            rule.getApproval(),
            i + 1,
            RuleWords.shown(i + 1, rule),
            bounded(considered));
      }
      considered.add(RuleWords.shown(i + 1, rule) + ": " + failed.get());
    }
    return new Decision(
        Action.ESCALATE,
        false,
        0,
        "no rule of the policy matches -> Escalate",
        bounded(considered));
  }

  /** The number of the rule that matches first, from 1; 0 = none. */
  static int first(List<PolicyRule> rules, FailureCase failure) {
    for (int i = 0; i < rules.size(); i++) {
      if (RuleMatch.matches(rules.get(i), failure)) {
        return i + 1;
      }
    }
    return 0;
  }

  private static List<String> bounded(List<String> considered) {
    if (considered.size() <= CONSIDERED_KEPT) {
      return considered;
    }
    List<String> kept = new ArrayList<>(considered.subList(0, CONSIDERED_KEPT - 1));
    kept.add((considered.size() - kept.size()) + " more rules did not match");
    return kept;
  }
}

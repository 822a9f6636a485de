package io.pilothouse.manifests.policy;

import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.PolicyRule;
import io.pilothouse.api.v1.RepairPolicy;
import io.pilothouse.api.v1.Severity;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Finds what can hardly be meant: rules that are never reached or never match, cases that no rule
 * matches, repairs without end, fatal faults that are left alone. Each with an example.
 */
public final class PolicyAnalysis {
  private final RepairPolicy policy;
  private final List<PolicyRule> rules;
  private final Representatives cases;
  private final List<Finding> findings = new ArrayList<>();

  /** By number: a case that the rule matches, whether or not it is the first. */
  private final SortedMap<Integer, FailureCase> matched = new TreeMap<>();

  private final SortedMap<Integer, FailureCase> fatalLeftAlone = new TreeMap<>();
  private @Nullable FailureCase gap;

  private PolicyAnalysis(RepairPolicy policy) {
    this.policy = DefaultPolicy.fill(policy);
    this.rules = DefaultPolicy.rules(policy);
    this.cases = new Representatives(this.policy, rules);
  }

  /** What was found, by rule; of a policy that {@link RuleCheck} has nothing against. */
  public static List<Finding> of(RepairPolicy policy) {
    PolicyAnalysis analysis = new PolicyAnalysis(policy);
    analysis.run();
    return analysis.findings.stream().sorted(Comparator.comparingInt(Finding::rule)).toList();
  }

  private void run() {
    if (policy.getRulesCount() == 0 && policy.getMaxAttempts() > FailureCase.PAST_KEPT) {
      findings.add(
          new Finding(
              0,
              "max-attempts: %s is never reached, since the last %s actions of a machine are kept"
                  .formatted(policy.getMaxAttempts(), FailureCase.PAST_KEPT)));
    }
    cases.forEach(this::look);
    Optional<Reachability> reach = Reachability.of(rules, cases);
    for (int i = 1; i <= rules.size(); i++) {
      int number = i;
      reach.flatMap(each -> each.never(number)).ifPresent(never -> never(number, never));
    }
    fatalLeftAlone.forEach(
        (number, failure) ->
            findings.add(
                new Finding(
                    number,
                    "it leaves a fatal fault alone: %s gets DoNothing; add severity: normal, or a"
                            .formatted(CaseWords.describe(failure))
                        + " rule for severity: fatal before it")));
    if (gap != null) {
      findings.add(
          new Finding(
              0,
              "no rule matches %s, so a person would be asked (Escalate)%s; end with a rule without"
                      .formatted(CaseWords.describe(gap), tried())
                  + " when: to say what is meant"));
    }
    findings.addAll(Loops.find(policy, rules, cases));
  }

  private String tried() {
    return cases.size() <= Representatives.MOST
        ? ""
        : " (%s of %s example cases were tried)".formatted(Representatives.MOST, cases.size());
  }

  private void look(FailureCase failure) {
    int first = Evaluator.first(rules, failure);
    if (first == 0) {
      if (gap == null || failure.past().size() < gap.past().size()) {
        gap = failure;
      }
    } else if (failure.severity() == Severity.FATAL
        && rules.get(first - 1).getAction() == Action.DO_NOTHING) {
      fatalLeftAlone.putIfAbsent(first, failure);
    }
    for (int i = 0; i < rules.size(); i++) {
      if (!matched.containsKey(i + 1) && RuleMatch.matches(rules.get(i), failure)) {
        matched.put(i + 1, failure);
      }
    }
  }

  private void never(int number, Reachability.Never never) {
    PolicyRule rule = rules.get(number - 1);
    if (never.by().isEmpty()) {
      findings.add(
          new Finding(
              number,
              "it can never match: %s cannot hold together".formatted(RuleWords.condition(rule))));
      return;
    }
    String by = never.by().stream().map(this::named).collect(Collectors.joining(" or "));
    FailureCase example = matched.get(number);
    String shown =
        example == null
            ? ""
            : ", for example %s -> %s"
                .formatted(CaseWords.describe(example), Evaluator.decide(rules, example).shown());
    int first = never.by().iterator().next();
    PolicyRule earlier = rules.get(first - 1);
    boolean same =
        never.by().size() == 1 && RuleWords.condition(earlier).equals(RuleWords.condition(rule));
    String message;
    if (same && earlier.getAction() != rule.getAction()) {
      message =
          "it contradicts rule %s, which has the same condition and does %s instead of %s%s"
              .formatted(
                  first,
                  RuleWords.action(earlier.getAction()),
                  RuleWords.action(rule.getAction()),
                  shown);
    } else if (same) {
      message = "it says the same as rule %s and is never reached%s".formatted(first, shown);
    } else {
      message =
          "it is never reached: %s %s whenever it does%s"
              .formatted(by, never.by().size() == 1 ? "matches" : "match", shown);
    }
    findings.add(new Finding(number, message));
  }

  private String named(int number) {
    String name = rules.get(number - 1).getName();
    return name.isEmpty() ? "rule " + number : "rule %s (%s)".formatted(number, name);
  }
}

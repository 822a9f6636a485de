package io.pilothouse.manifests.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.PolicyRule;
import io.pilothouse.api.v1.RepairPolicy;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** What holds for every policy and every case; a failure names its seed. */
class PolicyPropertiesTest {
  private static final int POLICIES = 200;
  private static final int CASES = 200;

  @Test
  void theFirstRuleThatMatchesDecidesAndEveryCaseIsDecided() {
    LongStream.range(0, POLICIES)
        .forEach(
            seed -> {
              RandomPolicies random = new RandomPolicies(seed);
              RepairPolicy policy = random.policy();
              for (int i = 0; i < CASES; i++) {
                decides(seed, policy, random.failure());
              }
            });
  }

  private static void decides(long seed, RepairPolicy policy, FailureCase failure) {
    Decision decision = Evaluator.decide(policy, failure);
    List<PolicyRule> rules = policy.getRulesList();
    for (PolicyRule each : rules) {
      assertThat(RuleMatch.failed(each, failure).isEmpty())
          .as("seed %s: with and without words, %s", seed, each)
          .isEqualTo(RuleMatch.matches(each, failure));
    }
    int expected = 1;
    while (expected <= rules.size() && !RuleMatch.matches(rules.get(expected - 1), failure)) {
      expected++;
    }
    boolean none = expected > rules.size();
    assertThat(decision.rule()).as("seed " + seed).isEqualTo(none ? 0 : expected);
    assertThat(decision.action())
        .as("seed " + seed)
        .isEqualTo(none ? Action.ESCALATE : rules.get(expected - 1).getAction());
    assertThat(decision.considered()).as("seed " + seed).hasSize(expected - 1);
    assertThat(Evaluator.decide(policy, failure)).as("seed " + seed).isEqualTo(decision);
  }

  /** A rule that some case reaches is never called unreachable or impossible. */
  @Test
  void aReachableRuleIsNeverCalledUnreachable() {
    Set<Integer> called = new TreeSet<>();
    LongStream.range(0, POLICIES)
        .forEach(
            seed -> {
              RandomPolicies random = new RandomPolicies(seed);
              RepairPolicy policy = random.policy();
              RepairPolicy filled = DefaultPolicy.fill(policy);
              Reachability reach =
                  Reachability.of(
                          policy.getRulesList(), new Representatives(filled, policy.getRulesList()))
                      .orElseThrow();
              Set<Integer> never = new TreeSet<>();
              for (int i = 1; i <= policy.getRulesCount(); i++) {
                if (reach.never(i).isPresent()) {
                  never.add(i);
                }
              }
              called.addAll(never);
              for (int i = 0; i < 5 * CASES && !never.isEmpty(); i++) {
                FailureCase failure = random.failure();
                assertThat(never)
                    .as("seed %s: %s%n%s", seed, failure, policy)
                    .doesNotContain(Evaluator.first(policy.getRulesList(), failure));
              }
            });
    assertThat(called).as("some rule was called so").isNotEmpty();
  }

  @Test
  void theAnalysisSaysTheSameEachTimeAndOfEveryPolicy() {
    LongStream.range(0, 15)
        .forEach(
            seed -> {
              RepairPolicy policy = new RandomPolicies(seed).policy();
              assertThat(PolicyAnalysis.of(policy))
                  .as("seed " + seed)
                  .isEqualTo(PolicyAnalysis.of(policy))
                  .allMatch(each -> each.rule() >= 0 && each.rule() <= policy.getRulesCount());
            });
  }

  @Test
  void patternsMatchWhatTheyMean() {
    assertThat(Glob.matches("disk.*", "disk.smart")).isTrue();
    assertThat(Glob.matches("disk.*", "disk")).isFalse();
    assertThat(Glob.matches("*a*b", "xaayab")).isTrue();
    assertThat(Glob.matches("mem?", "mem")).isFalse();
    assertThat(Glob.matches("*", "")).isTrue();
    assertThat(Glob.matches("a", "")).isFalse();
    assertThat(GlobNames.of(Set.of("disk.*", "*.smart"), "other").names())
        .containsExactlyInAnyOrder("other", "disk.any", "any.smart", "disk.smart");
  }
}

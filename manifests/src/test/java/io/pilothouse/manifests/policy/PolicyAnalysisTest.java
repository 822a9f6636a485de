package io.pilothouse.manifests.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.HistoryCount;
import io.pilothouse.api.v1.PolicyRule;
import io.pilothouse.api.v1.RepairPolicy;
import io.pilothouse.api.v1.Severity;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Policies that can hardly be meant, each with the example that shows it. */
class PolicyAnalysisTest {
  private static final PolicyRule.Builder OTHERWISE = rule(Action.ESCALATE).setName("otherwise");

  @Test
  void theDefaultRulesAreFine() {
    assertThat(PolicyAnalysis.of(RepairPolicy.getDefaultInstance())).isEmpty();
    assertThat(
            PolicyAnalysis.of(
                RepairPolicy.newBuilder()
                    .addAllRules(DefaultPolicy.rules(RepairPolicy.getDefaultInstance()))
                    .build()))
        .isEmpty();
  }

  @Test
  void theShortestTimeIsATimeLikeOthers() {
    assertThat(found(rule(Action.REBOOT).setQuietForMs(1), OTHERWISE)).isEmpty();
  }

  @Test
  void anEarlierRuleThatAlwaysMatchesMakesALaterOneUnreachable() {
    assertThat(
            found(
                rule(Action.ESCALATE).setName("many").addCounts(actions(2, Duration.ofDays(7))),
                rule(Action.REPLACE).addFaults("disk.*").addCounts(actions(3, Duration.ofDays(1))),
                OTHERWISE))
        .singleElement()
        .satisfies(
            each -> {
              assertThat(each.rule()).isEqualTo(2);
              assertThat(each.message())
                  .startsWith("it is never reached: rule 1 (many) matches whenever it does, for")
                  .contains("fault \"disk.any\"")
                  .endsWith("-> 1: many -> Escalate");
            });
  }

  @Test
  void rulesThatTogetherTakeEverythingMakeALaterOneUnreachable() {
    assertThat(
            found(
                rule(Action.REPLACE)
                    .setSeverity(Severity.FATAL)
                    .addCounts(actions(0, Duration.ofDays(7)).setBelow(3)),
                rule(Action.ESCALATE).setSeverity(Severity.NORMAL),
                rule(Action.ESCALATE).setSeverity(Severity.FATAL),
                OTHERWISE))
        .singleElement()
        .satisfies(
            each -> {
              assertThat(each.rule()).isEqualTo(4);
              assertThat(each.message()).contains("rule 2 or rule 3 match whenever it does");
            });
  }

  @Test
  void theSameConditionWithAnotherActionIsAContradiction() {
    assertThat(
            found(
                rule(Action.ESCALATE).addFaults("disk.*"),
                rule(Action.REPLACE).addFaults("disk.*"),
                OTHERWISE))
        .singleElement()
        .satisfies(
            each ->
                assertThat(each.message())
                    .startsWith(
                        "it contradicts rule 1, which has the same condition and does Escalate"
                            + " instead of Replace, for example a normal fault \"disk.any\""));
  }

  @Test
  void conditionsThatCannotHoldTogether() {
    assertThat(
            found(
                rule(Action.DO_NOTHING)
                    .setSeverity(Severity.NORMAL)
                    .setQuietForMs(Duration.ofDays(3).toMillis())
                    .addCounts(actions(1, Duration.ofDays(1))),
                OTHERWISE))
        .singleElement()
        .satisfies(
            each ->
                assertThat(each.message())
                    .isEqualTo(
                        "it can never match: severity normal, quiet for 72h, at least 1 actions"
                            + " within 24h cannot hold together"));
  }

  @Test
  void aCaseThatNoRuleMatches() {
    assertThat(found(rule(Action.ESCALATE).setSeverity(Severity.FATAL)))
        .singleElement()
        .satisfies(
            each -> {
              assertThat(each.rule()).isZero();
              assertThat(each.message())
                  .startsWith("no rule matches a normal fault \"other\"")
                  .contains("without a past");
            });
  }

  @Test
  void aGapBetweenTwoNumbersIsFound() {
    assertThat(
            found(
                rule(Action.ESCALATE).addCounts(actions(3, Duration.ofDays(7))),
                rule(Action.ESCALATE).addCounts(actions(0, Duration.ofDays(7)).setBelow(2))))
        .extracting(Finding::message)
        .anyMatch(each -> each.startsWith("no rule matches") && each.contains(" after "));
  }

  @Test
  void rebootsWithoutAnEnd() {
    assertThat(
            found(
                rule(Action.DO_NOTHING)
                    .setSeverity(Severity.NORMAL)
                    .setQuietForMs(Duration.ofDays(3).toMillis()),
                rule(Action.REBOOT)))
        .singleElement()
        .satisfies(
            each -> {
              assertThat(each.rule()).isEqualTo(2);
              assertThat(each.message())
                  .contains("for ever")
                  .contains("Reboot, Reboot, Reboot, Reboot, …; nobody is asked")
                  .contains("at-least: 5");
            });
  }

  @Test
  void rebootsThatNeedApprovalHaveAnEnd() {
    assertThat(found(rule(Action.REBOOT).setApproval(true))).isEmpty();
  }

  @Test
  void aFatalFaultThatIsLeftAlone() {
    assertThat(
            found(rule(Action.DO_NOTHING).setQuietForMs(Duration.ofHours(1).toMillis()), OTHERWISE))
        .singleElement()
        .satisfies(
            each -> {
              assertThat(each.rule()).isEqualTo(1);
              assertThat(each.message()).startsWith("it leaves a fatal fault alone: a fatal fault");
            });
  }

  @Test
  void moreAttemptsThanAreRemembered() {
    assertThat(PolicyAnalysis.of(RepairPolicy.newBuilder().setMaxAttempts(30).build()))
        .extracting(Finding::message)
        .anyMatch(each -> each.startsWith("max-attempts: 30 is never reached"));
  }

  @Test
  void manyCasesAreSampledAndItIsSaid() {
    RepairPolicy.Builder policy = RepairPolicy.newBuilder();
    for (int i = 1; i < 20; i++) {
      policy.addRules(
          rule(Action.ESCALATE)
              .setSeverity(Severity.NORMAL)
              .addFaults("fault" + i)
              .addCounts(actions(i, Duration.ofHours(i))));
    }
    assertThat(PolicyAnalysis.of(policy.build()))
        .extracting(Finding::message)
        .anyMatch(each -> each.matches(".*20000 of [0-9]+ example cases were tried.*"));
  }

  private static PolicyRule.Builder rule(Action action) {
    return PolicyRule.newBuilder().setAction(action);
  }

  private static HistoryCount.Builder actions(int atLeast, Duration within) {
    return HistoryCount.newBuilder()
        .setWhat(HistoryCount.What.ACTIONS)
        .setAtLeast(atLeast)
        .setWithinMs(within.toMillis());
  }

  private static List<Finding> found(PolicyRule.Builder... rules) {
    RepairPolicy.Builder policy = RepairPolicy.newBuilder().setName("mine");
    for (PolicyRule.Builder each : rules) {
      policy.addRules(each);
    }
    assertThat(RuleCheck.problems(policy.build())).isEmpty();
    return PolicyAnalysis.of(policy.build());
  }
}

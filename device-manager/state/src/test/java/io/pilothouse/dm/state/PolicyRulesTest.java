package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.HistoryCount;
import io.pilothouse.api.v1.PastAction;
import io.pilothouse.api.v1.PolicyRule;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.Severity;
import io.pilothouse.api.v1.VerdictKind;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A policy's own rules in the life of a machine. */
class PolicyRulesTest {

  @Test
  void aFlappingMachineIsEscalatedThoughItBecomesHealthyEachTime() {
    Fleet.Builder spec = QuickFleet.spec().toBuilder();
    spec.getRepairPoliciesBuilder(0).setMaxAttempts(2);
    FleetScenario fleet = FleetScenario.inService(spec.build());
    FakeMachine web03 = fleet.machine("web-03");

    flapsOnce(fleet, web03);
    flapsAndIsRebooted(fleet, web03);
    flapsAndIsRebooted(fleet, web03);
    web03.reports(VerdictKind.ERROR, "disk");
    fleet.passes(QuickFleet.CONFIRM);

    assertThat(fleet.show("web-03").getPastActionsList())
        .extracting(PastAction::getAction)
        .containsExactly(Action.DO_NOTHING, Action.REBOOT, Action.REBOOT, Action.ESCALATE);
    Repair repair = fleet.repairOf("web-03");
    assertThat(repair.getRule()).isEqualTo("3: 2 actions within 7d, the most allowed -> Escalate");
    assertThat(repair.getConsideredList())
        .containsExactly(
            "1: fatal hardware fault -> Replace: the fault is not fatal",
            "2: Replaces for a fatal fault came to nothing -> Escalate: the fault is not fatal");
  }

  /** Fails, is left alone, becomes HEALTHY for less than three times quiet. */
  private static void flapsOnce(FleetScenario fleet, FakeMachine machine) {
    machine.failsOnce("disk").reportsOk();
    fleet.passes(QuickFleet.QUIET);
    machine.is(Condition.HEALTHY);
    fleet.passes(QuickFleet.QUIET);
  }

  private static void flapsAndIsRebooted(FleetScenario fleet, FakeMachine machine) {
    machine.reports(VerdictKind.ERROR, "disk");
    fleet.passes(QuickFleet.CONFIRM);
    fleet.repairService().claims("web-03").executes("web-03").hasExecuted("web-03");
    machine.boots("disk").reportsOk();
    fleet.passes(QuickFleet.QUIET);
    machine.is(Condition.HEALTHY);
    fleet.passes(QuickFleet.QUIET);
  }

  @Test
  void aRuleOfThePolicyDecidesAndMayAskForAPerson() {
    FleetScenario fleet =
        FleetScenario.inService(
            withRules(
                rule("bad disks", Action.RE_IMAGE).addWatchdogs("dis*").setApproval(true),
                rule("the rest", Action.ESCALATE)));
    fleet.machine("web-03").reports(VerdictKind.ERROR, "disk");
    fleet.passes(QuickFleet.CONFIRM);

    Repair repair = fleet.repairOf("web-03");
    assertThat(repair.getAction()).isEqualTo(Action.RE_IMAGE);
    assertThat(repair.getRule()).isEqualTo("1: bad disks -> ReImage, once approved");
    assertThat(repair.getNeedsApproval()).isTrue();
  }

  @Test
  void whatNoRuleMatchesIsAPersons() {
    FleetScenario fleet =
        FleetScenario.inService(
            withRules(rule("fatal", Action.REPLACE).setSeverity(Severity.FATAL)));
    fleet.machine("web-03").reports(VerdictKind.ERROR, "disk");
    fleet.passes(QuickFleet.CONFIRM);

    assertThat(fleet.repairOf("web-03").getAction()).isEqualTo(Action.ESCALATE);
    assertThat(fleet.repairOf("web-03").getRule())
        .isEqualTo("no rule of the policy matches -> Escalate");
    assertThat(fleet.repairOf("web-03").getConsideredList())
        .containsExactly("1: fatal -> Replace: the fault is not fatal");
  }

  @Test
  void rulesThatCannotBeEvaluatedAreRefused() {
    FleetScenario fleet = FleetScenario.inService();
    Fleet wrong =
        withRules(
            PolicyRule.newBuilder().addFaults(""),
            rule("count", Action.REBOOT)
                .addCounts(
                    HistoryCount.newBuilder().setWhat(HistoryCount.What.IN_A_ROW).setWithinMs(-1)));
    assertThat(fleet.refuses(wrong).getMessage())
        .contains("repair policy short, rule 1: what it does is unknown; use DoNothing, Reboot")
        .contains("repair policy short, rule 1: fault has a pattern of 0 characters")
        .contains("repair policy short, rule 2: in-a-row has no of")
        .contains("repair policy short, rule 2: a count has neither at-least nor below")
        .contains("within-ms cannot be -1");
  }

  @Test
  void aPlanShowsWhichRulesChange() {
    FleetScenario fleet =
        FleetScenario.inService(
            withRules(
                rule("fatal", Action.REPLACE).setSeverity(Severity.FATAL),
                rule("clean", Action.DO_NOTHING).setQuietForMs(3_600_000),
                rule("the rest", Action.ESCALATE)));
    List<String> lines =
        fleet.apply(
            withRules(
                rule("fatal", Action.REPLACE).setSeverity(Severity.FATAL),
                rule("clean", Action.DO_NOTHING).setQuietForMs(7_200_000),
                rule("the rest", Action.ESCALATE)));
    assertThat(lines)
        .containsExactly(
            "change repair-policy/short: rule - 2: [clean] quiet for 1h -> DoNothing;"
                + " rule + 2: [clean] quiet for 2h -> DoNothing");
  }

  private static Fleet withRules(PolicyRule.Builder... rules) {
    Fleet.Builder spec = QuickFleet.spec().toBuilder();
    for (PolicyRule.Builder each : rules) {
      spec.getRepairPoliciesBuilder(0).addRules(each);
    }
    return spec.build();
  }

  private static PolicyRule.Builder rule(String name, Action action) {
    return PolicyRule.newBuilder().setName(name).setAction(action);
  }
}

package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.SetFreeze;
import io.pilothouse.api.v1.BudgetStanding;
import io.pilothouse.api.v1.Explanation;
import io.pilothouse.api.v1.Limit;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.VersionRef;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** What an operator who was woken is told about a repair. One machine of a unit may be taken. */
class ExplainRepairTest {
  private final FleetScenario fleet = FleetScenario.inService(spec());

  private static io.pilothouse.api.v1.Fleet spec() {
    var spec = QuickFleet.spec().toBuilder();
    spec.getBudgetsBuilder().setUnit(Limit.newBuilder().setAbsolute(1));
    return spec.build();
  }

  @Test
  void spentBudgetNamesWhoHasItAndUntilWhen() throws Exception {
    failTogether();
    fleet.repairService().claims("web-03").executes("web-03").hasExecuted("web-03");
    String other = fleet.repairOf("web-03").getId();
    Instant until = Instant.ofEpochMilli(fleet.repairOf("web-03").getDeadline());

    Explanation why = repair("web-04");

    assertThat(why.getSentence()).startsWith("Reboot of web-04 for disk is WAITING since");
    assertThat(why.getSentence()).contains("the error began at");
    assertThat(why.getVetoes(0).getSentence())
        .contains("the budget of unit/su-1 is spent")
        .contains("web-03, %s Reboot VERIFYING, until %s at the latest".formatted(other, until));
    assertThat(why.getEvidence(0)).contains("disk ERROR since", "reported by machine/web-04");
    assertThat(why.getRule()).contains("Reboot");
    assertThat(why.getNextWhat())
        .isEqualTo(
            "READY when the budget no longer holds it back; DoNothing, should the errors clear"
                + " first");
    assertThat(standing(why.getBudgetThenList(), "unit/su-1").getLimit()).isEqualTo(1);
    assertThat(standing(why.getBudgetNowList(), "unit/su-1").getTaken()).isEqualTo(1);
    assertThat(machine("web-04").getNextWhat())
        .startsWith(fleet.repairOf("web-04").getId() + ": READY when the budget");
  }

  @Test
  void holdAndFreezeAreNamedTogetherAndOnlyTheHoldHasAnEnd() throws Exception {
    fleet.machine("web-03").isHeldFor(Duration.ofHours(1));
    fleet.sends(Command.newBuilder().setSetFreeze(SetFreeze.newBuilder().setFrozen(true)));
    fleet.machine("web-03").failsOnce("disk").failsAgain("disk");
    Explanation why = repair("web-03");
    assertThat(why.getNextWhat()).startsWith("READY when the freeze and the hold no longer hold");
    assertThat(why.getNextAt()).as("nobody knows when the freeze ends").isZero();
  }

  @Test
  void readyRepairWithoutARepairServiceSaysWhatToStart() throws Exception {
    fleet.machine("web-03").failsOnce("disk").failsAgain("disk");
    assertThat(repair("web-03").getNextWhat())
        .isEqualTo("a Repair Service claims it, but none holds the lease: start one");
    fleet.repairService();
    assertThat(repair("web-03").getNextWhat()).isEqualTo("the Repair Service claims it: repair-1");
  }

  @Test
  void drainNamesWhatStillRunsAndWhenItIsOver() throws Exception {
    VersionRef web = FleetScenario.version("web", "1.0.0");
    fleet.machine("web-03").failsOnce("disk").failsAgain("disk").runs(web);
    fleet.repairService().claims("web-03");
    Explanation why = repair("web-03");
    assertThat(why.getNextWhat())
        .contains("when the processes of web-03 have stopped", "web@1.0.0");
    assertThat(why.getNextAt()).isEqualTo(fleet.now().plus(QuickFleet.DRAIN).toEpochMilli());
  }

  private void failTogether() {
    for (String name : new String[] {"web-03", "web-04"}) {
      fleet.machine(name).reports(VerdictKind.ERROR, "disk");
    }
    fleet.passes(QuickFleet.CONFIRM);
    for (String name : new String[] {"web-03", "web-04"}) {
      fleet.machine(name).reports(VerdictKind.ERROR, "disk");
    }
    fleet.passes(QuickFleet.PROBATION_MAX);
  }

  private Explanation repair(String machine) throws RefusedException {
    return Explainer.explain(fleet.state, "repair", fleet.repairOf(machine).getId(), fleet.now());
  }

  private Explanation machine(String machine) throws RefusedException {
    return Explainer.explain(fleet.state, "machine", machine, fleet.now());
  }

  private static BudgetStanding standing(java.util.List<BudgetStanding> standings, String domain) {
    return standings.stream()
        .filter(each -> each.getDomain().equals(domain))
        .findFirst()
        .orElseThrow();
  }
}

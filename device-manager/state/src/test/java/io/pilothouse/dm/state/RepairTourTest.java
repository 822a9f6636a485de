package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.DecideRepair;
import io.pilothouse.api.log.v1.MachineReplaced;
import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.ProbationCause;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.Severity;
import io.pilothouse.api.v1.VerdictKind;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The two tours through failure and repair that a new user takes. */
class RepairTourTest {
  private final FleetScenario fleet = FleetScenario.inService();
  private final FakeMachine web03 = fleet.machine("web-03");

  @Test
  void powerLossIsFirstLeftAloneAndThenRebooted() {
    web03.losesPower();
    web03.is(Condition.HEALTHY);

    fleet.passes(QuickFleet.CONFIRM);
    web03.is(Condition.PROBATION);
    assertThat(fleet.show("web-03").getCause()).isEqualTo(ProbationCause.CAUSE_DO_NOTHING);

    web03.losesPower();
    fleet.passes(QuickFleet.PROBATION_MAX);
    web03.is(Condition.FAILURE);
    assertThat(fleet.repairOf("web-03").getAction()).isEqualTo(Action.REBOOT);
    assertThat(fleet.repairOf("web-03").getState()).isEqualTo(Repair.State.READY);
    assertThat(fleet.repairOf("web-03").getRule()).contains("last action DoNothing -> Reboot");
    assertThat(fleet.repairOf("web-03").getEvidenceList()).anyMatch(e -> e.contains("SILENT"));

    FakeRepairService service = fleet.repairService().claims("web-03").executes("web-03");
    String repair = fleet.repairOf("web-03").getId();
    service.hasExecuted("web-03");
    web03.is(Condition.FAILURE);
    web03.boots("disk");
    web03.is(Condition.PROBATION);
    assertThat(fleet.state.repair(repair).orElseThrow().getState()).isEqualTo(Repair.State.DONE);
    assertThat(fleet.state.repair(repair).orElseThrow().getOutcome()).contains("boot id changed");

    web03.reportsOk();
    fleet.passes(QuickFleet.QUIET.minusMillis(1));
    web03.is(Condition.PROBATION);
    fleet.passes(java.time.Duration.ofMillis(1));
    web03.is(Condition.HEALTHY);

    assertThat(fleet.conditionsOf("web-03"))
        .containsExactly(
            "PROBATION", "HEALTHY", "FAILURE", "PROBATION", "FAILURE", "PROBATION", "HEALTHY");
    assertThat(fleet.show("web-03").getPastActionsList())
        .extracting(each -> each.getAction() + " " + each.getHelped())
        .containsExactly("DO_NOTHING false", "REBOOT true");
  }

  @Test
  void rebootThatNeverComesBackFailsAndIsFollowedByTheNextAction() {
    web03.failsOnce("disk").failsAgain("disk");
    fleet.repairService().claims("web-03").executes("web-03").hasExecuted("web-03");
    String first = fleet.repairOf("web-03").getId();

    fleet.passes(QuickFleet.VERIFY);

    assertThat(fleet.state.repair(first).orElseThrow().getState()).isEqualTo(Repair.State.FAILED);
    assertThat(fleet.repairOf("web-03").getAction()).isEqualTo(Action.REBOOT);
    fleet.repairService().claims("web-03").fails("web-03");
    assertThat(fleet.repairOf("web-03").getAction()).isEqualTo(Action.RE_IMAGE);
  }

  @Test
  void reImageIsVerifiedByTheReturnToService() {
    web03.failsOnce("disk").failsAgain("disk");
    fleet.repairService().claims("web-03").fails("web-03").claims("web-03").fails("web-03");
    FakeRepairService service = fleet.repairService().claims("web-03").executes("web-03");
    Repair reImage = fleet.repairOf("web-03");
    assertThat(reImage.getAction()).isEqualTo(Action.RE_IMAGE);
    assertThat(fleet.show("web-03").getLifecycle()).isEqualTo(Lifecycle.PROVISIONING);
    service.hasExecuted("web-03");

    web03.isInstalled();

    assertThat(fleet.state.repair(reImage.getId()).orElseThrow().getState())
        .isEqualTo(Repair.State.DONE);
    web03.is(Condition.PROBATION);
    assertThat(fleet.show("web-03").getCause()).isEqualTo(ProbationCause.CAUSE_REPAIR);
    web03.reportsOk();
    fleet.passes(QuickFleet.QUIET);
    web03.is(Condition.HEALTHY);
  }

  @Test
  void fatalFaultIsReplacedAtOnce() {
    FakeMachine web04 = fleet.machine("web-04");
    web04.reports(VerdictKind.ERROR, "disk", Severity.FATAL);
    web04.is(Condition.FAILURE);
    assertThat(fleet.repairOf("web-04").getAction()).isEqualTo(Action.REPLACE);
    assertThat(fleet.repairOf("web-04").getRule()).startsWith("1: fatal hardware");

    fleet.repairService().claims("web-04").executes("web-04");
    String repair = fleet.repairOf("web-04").getId();
    assertThat(fleet.show("web-04").getLifecycle()).isEqualTo(Lifecycle.AWAITING_REPLACEMENT);
    assertThat(fleet.repairOf("web-04").getTicket().getOpenedAt()).isPositive();
    fleet.passes(java.time.Duration.ofDays(3));
    assertThat(fleet.show("web-04").getLifecycle()).isEqualTo(Lifecycle.AWAITING_REPLACEMENT);

    fleet.sends(replaced("web-04"));
    assertThat(fleet.show("web-04").getGeneration()).isEqualTo(1);
    assertThat(fleet.show("web-04").getKeySha256()).isEmpty();
    web04.isInstalled().reportsOk();
    fleet.passes(QuickFleet.QUIET);

    web04.is(Condition.HEALTHY);
    Repair done = fleet.state.repair(repair).orElseThrow();
    assertThat(done.getState()).isEqualTo(Repair.State.DONE);
    assertThat(done.getTicket().getClosedAt()).isPositive();
    assertThat(fleet.history("web-04", "LIFECYCLE"))
        .extracting(AuditRecord::getTo)
        .filteredOn(each -> !each.isEmpty())
        .endsWith("AWAITING_REPLACEMENT", "PROVISIONING", "BURN_IN", "IN_SERVICE");
  }

  @Test
  void replacementNeedsATicketAndAMachineThatWaitsForIt() {
    fleet.machine("web-04").reports(VerdictKind.ERROR, "disk", Severity.FATAL);
    FakeRepairService service = fleet.repairService().claims("web-04");
    Command.Builder withoutTicket =
        service.report(fleet.repairOf("web-04"), Repair.State.EXECUTING);
    withoutTicket.getReportRepairBuilder().clearTicket();

    assertThat(fleet.isRefused(withoutTicket).getMessage()).contains("no ticket");
    assertThat(fleet.isRefused(replaced("web-05")).getMessage())
        .contains("web-05 is IN_SERVICE, not AWAITING_REPLACEMENT");
  }

  @Test
  void replacementsThatComeToNothingEndWithAPerson() {
    fleet.machine("web-04").reports(VerdictKind.ERROR, "disk", Severity.FATAL);
    FakeRepairService service = fleet.repairService();
    for (int i = 0; i < 5; i++) {
      assertThat(fleet.repairOf("web-04").getAction()).isEqualTo(Action.REPLACE);
      if (i >= 3) {
        // as many Replaces as go unasked are behind it
        fleet.sends(
            Command.newBuilder()
                .setDecideRepair(
                    DecideRepair.newBuilder().setRepair(fleet.repairOf("web-04").getId())));
      }
      service.claims("web-04").fails("web-04");
    }
    assertThat(fleet.repairOf("web-04").getAction()).isEqualTo(Action.ESCALATE);
    assertThat(fleet.repairOf("web-04").getVetoesList())
        .extracting(io.pilothouse.api.v1.Veto::getKind)
        .contains("approval");

    fleet.machine("web-04").reportsOk();
    fleet.machine("web-04").is(Condition.PROBATION);
  }

  @Test
  void repairIsCalledOffWhenTheErrorsClearBeforeItWasReady() {
    // two others of the unit are taken: the budget holds the third back
    List<String> names = List.of("web-03", "web-04", "web-05");
    names.forEach(each -> fleet.machine(each).reports(VerdictKind.ERROR, "disk"));
    fleet.passes(QuickFleet.CONFIRM);
    names.forEach(each -> fleet.machine(each).reports(VerdictKind.ERROR, "disk"));
    fleet.passes(QuickFleet.PROBATION_MAX);
    assertThat(fleet.repairOf("web-05").getState()).isEqualTo(Repair.State.WAITING);
    String repair = fleet.repairOf("web-05").getId();

    fleet.machine("web-05").reportsOk();

    fleet.machine("web-05").is(Condition.PROBATION);
    Repair off = fleet.state.repair(repair).orElseThrow();
    assertThat(off.getState()).isEqualTo(Repair.State.DONE);
    assertThat(off.getAction()).isEqualTo(Action.DO_NOTHING);
  }

  private static Command.Builder replaced(String machine) {
    return Command.newBuilder()
        .setMachineReplaced(MachineReplaced.newBuilder().setMachine(machine));
  }
}

package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.log.v1.AcquireLease;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.Provisioning;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.WatchdogState;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/**
 * No Device Manager for an hour, and a timeout is the first that the next one hears of: it says
 * nothing of any machine.
 */
class OutageTest {
  private static final Duration HOUR = Duration.ofHours(1);

  private final FleetScenario fleet = FleetScenario.inService();
  private final FakeMachine web03 = fleet.machine("web-03");

  /** The leader's first round: what is due is decided before anybody reports. */
  private void comesBackAfter(Duration away) {
    fleet.jumps(away);
    fleet.passes(Duration.ZERO);
  }

  @Test
  void anHourInWhichNobodyListenedWasNotQuiet() {
    web03.failsOnce("disk").reportsOk();
    comesBackAfter(HOUR);
    web03.is(Condition.PROBATION);
    fleet.passes(QuickFleet.QUIET.minusMillis(1));
    web03.is(Condition.PROBATION);
    fleet.passes(Duration.ofMillis(1));
    web03.is(Condition.HEALTHY);
    assertThat(fleet.state.audit())
        .extracting(AuditRecord::getText)
        .anyMatch(each -> each.startsWith("nothing was decided for 59m 40s: deadlines of"));
  }

  @Test
  void aProbationThatWasNotOverYetGetsTheTimeToo() {
    Duration probation = Duration.ofMinutes(10);
    Fleet.Builder spec = QuickFleet.spec().toBuilder();
    spec.getRepairPoliciesBuilder(0).setProbationMaxMs(probation.toMillis());
    FleetScenario slow = FleetScenario.inService(spec.build());
    FakeMachine machine = slow.machine("web-03").failsOnce("disk");
    machine.reports(VerdictKind.ERROR, "disk");
    slow.machine("web-05").isHeldFor(Duration.ofSeconds(1));
    slow.jumps(Duration.ofMinutes(9));
    slow.passes(probation.minusMillis(1));
    machine.is(Condition.PROBATION);
    slow.passes(Duration.ofMillis(1));
    machine.is(Condition.FAILURE);
  }

  @Test
  void aMachineThatRebootedMeanwhileIsNotRebootedAgain() {
    web03.failsOnce("disk").failsAgain("disk");
    fleet.repairService().claims("web-03").executes("web-03").hasExecuted("web-03");
    String id = fleet.repairOf("web-03").getId();
    comesBackAfter(HOUR);
    assertThat(fleet.repairOf("web-03").getState()).isEqualTo(Repair.State.VERIFYING);
    web03.boots("disk").is(Condition.PROBATION);
    assertThat(fleet.state.repair(id).orElseThrow().getState()).isEqualTo(Repair.State.DONE);
  }

  @Test
  void whoRenewsALeaseFirstDoesNotHideHowLongItWas() {
    fleet.sends(lease());
    web03.failsOnce("disk").failsAgain("disk");
    fleet.repairService().claims("web-03").executes("web-03");
    fleet.sends(lease());
    fleet.repairService().hasExecuted("web-03");
    fleet.jumps(Duration.ofSeconds(70));
    fleet.sends(lease());
    fleet.passes(QuickFleet.VERIFY);
    assertThat(fleet.repairOf("web-03").getState()).isEqualTo(Repair.State.VERIFYING);
  }

  @Test
  void whatTheFirstCommandGivesTimeToDoesNotGetTheOutageToo() {
    web03.failsOnce("disk").failsAgain("disk");
    fleet.repairService().claims("web-03").executes("web-03");
    fleet.jumps(HOUR);

    fleet.sends(lease("repair", "repair-2"));

    Repair repair = fleet.repairOf("web-03");
    assertThat(repair.getState()).isEqualTo(Repair.State.VERIFYING);
    assertThat(repair.getDeadline())
        .isEqualTo(fleet.state.now().plus(QuickFleet.VERIFY).toEpochMilli());
  }

  private static Command.Builder lease() {
    return lease("provisioning", "provisioning-1");
  }

  private static Command.Builder lease(String role, String holder) {
    return Command.newBuilder()
        .setAcquireLease(AcquireLease.newBuilder().setRole(role).setHolder(holder).setTtlMs(1000));
  }

  @Test
  void anInstallThatWentOnMeanwhileIsNotBegunAnew() {
    FleetScenario young = FleetScenario.expected();
    FakeMachine machine = young.machine("web-01").isDiscovered().isPowered().bootsInstaller();
    young.jumps(HOUR);
    young.passes(Duration.ZERO);
    assertThat(machine.provisioning().getStep()).isEqualTo(Provisioning.Step.IMAGING);
    assertThat(machine.provisioning().getAttempts()).isEqualTo(1);
    young.passes(QuickFleet.STEP.plusMinutes(1));
    assertThat(machine.provisioning().getStep())
        .as("and then it is late")
        .isNotEqualTo(Provisioning.Step.IMAGING);
  }

  @Test
  void anErrorOfJustBeforeIsConfirmedByWhoHearsItNow() {
    web03.reports(VerdictKind.ERROR, "disk");
    comesBackAfter(HOUR);
    web03.is(Condition.HEALTHY);
    web03.reportsOk();
    fleet.passes(QuickFleet.CONFIRM);
    web03.is(Condition.HEALTHY);

    web03.reports(VerdictKind.ERROR, "disk");
    comesBackAfter(HOUR);
    fleet.passes(QuickFleet.CONFIRM);
    assertThat(fleet.conditionsOf("web-03")).as("it lasted").endsWith("FAILURE", "PROBATION");
  }

  @Test
  void anIncidentIsNotOverBecauseNobodySpoke() {
    WideFleet wide = WideFleet.of(40);
    wide.losePower(wide.rack("r02")).areWell(wide.rack("r02"));
    assertThat(wide.open()).isNotEmpty();
    wide.fleet.jumps(HOUR);
    wide.fleet.passes(Duration.ZERO);
    assertThat(wide.open()).isNotEmpty();
    wide.fleet.passes(Duration.ofMinutes(1));
    assertThat(wide.open()).isEmpty();
  }

  @Test
  void aShadowIsNotPromotedByTimeInWhichNobodyCouldContradictIt() {
    Duration promoteAfter = Duration.ofMinutes(30);
    Fleet.Builder spec = QuickFleet.spec().toBuilder();
    spec.getWatchdogsBuilder(0)
        .setInitialMode(WatchdogState.Mode.SHADOW)
        .setPromoteAfterMs(promoteAfter.toMillis());
    FleetScenario shadowed = FleetScenario.inService(spec.build());
    String watchdog = spec.getWatchdogs(0).getName();
    shadowed.machine("web-03").failsOnce("heartbeat"); // something that is due meanwhile
    shadowed.jumps(HOUR);
    shadowed.passes(Duration.ZERO);
    assertThat(shadowed.state.watchdog(watchdog).orElseThrow().getMode())
        .isEqualTo(WatchdogState.Mode.SHADOW);
    shadowed.passes(promoteAfter);
    assertThat(shadowed.state.watchdog(watchdog).orElseThrow().getMode())
        .isEqualTo(WatchdogState.Mode.LIVE);
  }
}

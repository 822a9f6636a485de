package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.DecommissionMachine;
import io.pilothouse.api.log.v1.DrainMachine;
import io.pilothouse.api.log.v1.HoldMachine;
import io.pilothouse.api.log.v1.ObserveMachine;
import io.pilothouse.api.log.v1.PromoteWatchdog;
import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.log.v1.SetFreeze;
import io.pilothouse.api.log.v1.UndrainMachine;
import io.pilothouse.api.log.v1.UnholdMachine;
import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.Severity;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.Veto;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Holds, freezes, drains and farewells. */
class OperatorTest {
  private final FleetScenario fleet = FleetScenario.inService();
  private final FakeMachine web03 = fleet.machine("web-03");

  @Test
  void holdStopsTheRepairAndItsEndLetsItGoOn() {
    web03.isHeldFor(Duration.ofMinutes(10)).failsOnce("disk").failsAgain("disk");
    Veto veto = fleet.repairOf("web-03").getVetoes(0);
    assertThat(veto.getKind()).isEqualTo("hold");
    assertThat(veto.getSentence())
        .contains("web-03 is held by operator/alice until")
        .endsWith("as the test asks");

    fleet.passes(Duration.ofMinutes(10));

    assertThat(fleet.show("web-03").hasHold()).isFalse();
    assertThat(fleet.repairOf("web-03").getState()).isEqualTo(Repair.State.READY);
    assertThat(fleet.history("web-03", "OPERATOR"))
        .extracting(AuditRecord::getText)
        .containsExactly("no repair or rollout touches it", "the hold expired");
  }

  @Test
  void holdNeverStopsTheReturnToHealthy() {
    web03.failsOnce("disk").isHeldFor(Duration.ZERO).reportsOk();
    fleet.passes(QuickFleet.QUIET);
    web03.is(Condition.HEALTHY);
    fleet.passes(Duration.ofDays(30));
    assertThat(fleet.show("web-03").hasHold()).as("a hold without end").isTrue();
    web03.isUnheld();
    assertThat(fleet.isRefused(unhold()).getMessage()).isEqualTo("web-03 is not held");
  }

  @Test
  void repairThatIsReadyGoesBackToWaitingWhenHeld() {
    web03.failsOnce("disk").failsAgain("disk");
    assertThat(fleet.repairOf("web-03").getState()).isEqualTo(Repair.State.READY);
    web03.isHeldFor(Duration.ZERO);
    assertThat(fleet.repairOf("web-03").getState()).isEqualTo(Repair.State.WAITING);
    assertThat(Budget.usage(fleet.state).get("fleet").taken()).isZero();
    web03.isUnheld();
    assertThat(fleet.repairOf("web-03").getState()).isEqualTo(Repair.State.READY);
  }

  @Test
  void freezeStopsAllRepairsEvenFatalOnes() {
    fleet.sends(freeze(true));
    web03.reports(VerdictKind.ERROR, "disk", Severity.FATAL);
    assertThat(fleet.repairOf("web-03").getState()).isEqualTo(Repair.State.WAITING);
    fleet.passes(Duration.ofDays(1));
    assertThat(fleet.repairOf("web-03").getVetoes(0).getSentence())
        .isEqualTo("repairs are frozen by operator/alice: as the test asks");
    assertThat(fleet.repairOf("web-03").getState()).isEqualTo(Repair.State.WAITING);
    fleet.sends(freeze(false));
    assertThat(fleet.repairOf("web-03").getState()).isEqualTo(Repair.State.READY);
  }

  @Test
  void drainWaitsForTheBudgetAndEndsWhenTheProcessesHaveStopped() {
    for (String name : List.of("web-03", "web-04", "web-05")) {
      fleet.sends(drain(name));
    }
    assertThat(lifecycle("web-04")).isEqualTo(Lifecycle.MAINTENANCE);
    assertThat(lifecycle("web-05")).as("su-1 may lack two").isEqualTo(Lifecycle.IN_SERVICE);
    assertThat(fleet.isRefused(drain("web-04")).getMessage())
        .isEqualTo("web-04 is MAINTENANCE, not IN_SERVICE");

    web03.fallsSilent("disk", "heartbeat").reports(VerdictKind.ERROR, "reachable");
    fleet.passes(Duration.ofHours(1));
    web03.is(Condition.HEALTHY);

    fleet.sends(undrain("web-03"));
    web03.is(Condition.PROBATION).reportsOk();
    fleet.passes(QuickFleet.QUIET);
    web03.is(Condition.HEALTHY);
    assertThat(lifecycle("web-05")).isEqualTo(Lifecycle.MAINTENANCE);
  }

  @Test
  void processesHaveTimeToStopButNotForEver() {
    var web = FleetScenario.version("web", "1.0.0");
    var observed = fleet.show("web-03").getObserved();
    fleet.sends(
        Command.newBuilder()
            .setObserveMachine(
                ObserveMachine.newBuilder()
                    .setMachine("web-03")
                    .setBootId(observed.getBootId())
                    .setObserved(observed.toBuilder().addStaged(web).setActive(web))));
    fleet.sends(drain("web-03"));
    fleet.passes(Duration.ofSeconds(59));
    assertThat(lifecycle("web-03")).isEqualTo(Lifecycle.DRAINING);
    fleet.passes(Duration.ofSeconds(1));
    assertThat(lifecycle("web-03")).isEqualTo(Lifecycle.MAINTENANCE);
  }

  @Test
  void drainCanBeTakenBackWhileItWaits() {
    web03.failsOnce("disk");
    fleet.sends(drain("web-03"));
    fleet.sends(undrain("web-03"));
    web03.reportsOk();
    fleet.passes(Duration.ofHours(1));
    assertThat(lifecycle("web-03")).isEqualTo(Lifecycle.IN_SERVICE);
    assertThat(fleet.isRefused(undrain("web-03")).getMessage()).contains("not in maintenance");
  }

  @Test
  void onlyMachinesThatDoNotServeAreDecommissioned() {
    assertThat(fleet.isRefused(decommission("web-03")).getRemedy())
        .isEqualTo("pilot machine drain web-03 first");
    web03.failsOnce("disk").failsAgain("disk");
    String repair = fleet.repairOf("web-03").getId();

    fleet.sends(decommission("web-03"));

    assertThat(lifecycle("web-03")).isEqualTo(Lifecycle.DECOMMISSIONED);
    assertThat(fleet.state.repair(repair).orElseThrow().getState()).isEqualTo(Repair.State.EXPIRED);
    assertThat(fleet.state.verdicts("web-03")).isEmpty();
    assertThat(fleet.isRefused(decommission("web-03")).getRemedy())
        .isEqualTo("nothing is left to do");
  }

  @Test
  void everyActNamesItsMachineAndGivesAReason() {
    for (Command.Builder command :
        List.of(hold("web-3", 0), drain("web-3"), undrain("web-3"), decommission("web-3"))) {
      Refusal refusal = fleet.isRefused(command);
      assertThat(refusal.getCode()).isEqualTo(Refusal.Code.NOT_FOUND);
      assertThat(refusal.getMessage()).contains("did you mean \"web-03\"?");
    }
    for (Command.Builder command : List.of(hold("web-03", 0), drain("web-03"), freeze(true))) {
      var request = FleetScenario.request(command, "operator/alice", " ").build();
      assertThat(fleet.commit(List.of(request)).get(0).getRefusal().getMessage())
          .endsWith("needs a reason for the audit trail");
    }
  }

  @Test
  void holdsOfImpossibleLengthAreRefused() {
    assertThat(fleet.isRefused(hold("web-03", -1)).getCode()).isEqualTo(Refusal.Code.INVALID);
    assertThat(fleet.isRefused(hold("web-03", Long.MAX_VALUE)).getMessage())
        .contains("cannot last " + Long.MAX_VALUE);
  }

  @Test
  void watchdogModesAreCheckedByName() {
    assertThat(fleet.isRefused(promote("dsk", 2)).getMessage()).isEqualTo("no watchdog \"dsk\"");
    assertThat(fleet.isRefused(promote("disk", 0)).getCode()).isEqualTo(Refusal.Code.INVALID);
    assertThat(fleet.isRefused(promote("disk", 99)).getCode()).isEqualTo(Refusal.Code.INVALID);
  }

  private Lifecycle lifecycle(String machine) {
    return fleet.show(machine).getLifecycle();
  }

  private static Command.Builder hold(String machine, long millis) {
    return Command.newBuilder()
        .setHoldMachine(HoldMachine.newBuilder().setMachine(machine).setForMs(millis));
  }

  private static Command.Builder unhold() {
    return Command.newBuilder().setUnholdMachine(UnholdMachine.newBuilder().setMachine("web-03"));
  }

  private static Command.Builder freeze(boolean frozen) {
    return Command.newBuilder().setSetFreeze(SetFreeze.newBuilder().setFrozen(frozen));
  }

  private static Command.Builder drain(String machine) {
    return Command.newBuilder().setDrainMachine(DrainMachine.newBuilder().setMachine(machine));
  }

  private static Command.Builder undrain(String machine) {
    return Command.newBuilder().setUndrainMachine(UndrainMachine.newBuilder().setMachine(machine));
  }

  private static Command.Builder decommission(String machine) {
    return Command.newBuilder()
        .setDecommissionMachine(DecommissionMachine.newBuilder().setMachine(machine));
  }

  private static Command.Builder promote(String watchdog, int mode) {
    return Command.newBuilder()
        .setPromoteWatchdog(PromoteWatchdog.newBuilder().setWatchdog(watchdog).setModeValue(mode));
  }
}

package io.pilothouse.dm.state;

import static io.pilothouse.dm.state.RolloutScenario.CANARY;
import static io.pilothouse.dm.state.RolloutScenario.SU_1;
import static io.pilothouse.dm.state.RolloutScenario.V1;
import static io.pilothouse.dm.state.RolloutScenario.V2;
import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.DecommissionMachine;
import io.pilothouse.api.log.v1.DrainMachine;
import io.pilothouse.api.log.v1.UndrainMachine;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Limit;
import io.pilothouse.api.v1.ProbationCause;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutUnit;
import io.pilothouse.api.v1.VerdictKind;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Good versions: staging, units in order, batches, and machines that come late. */
class RolloutTest {
  private static final Duration LONG = Duration.ofMinutes(9);

  @Test
  void aFirstVersionIsInstalledOnAllMachinesOfAUnitAtOnce() {
    RolloutScenario rollouts = RolloutScenario.bare();
    String first = rollouts.starts(V1);
    rollouts.is(first, Rollout.State.STAGING);
    assertThat(rollouts.show(first).getWaitingFor()).contains("0 of 7 hold it", "web-07");

    rollouts.until(first, Rollout.State.VERIFYING, Duration.ofSeconds(5));
    for (String name : CANARY) {
      assertThat(rollouts.fleet.show(name).getCause()).isEqualTo(ProbationCause.CAUSE_INSTALL);
    }
    rollouts.run(SU_1, RolloutScenario.NONE);

    rollouts.until(first, Rollout.State.COMPLETED, Duration.ofMinutes(2)).allRun(V1);
    assertThat(rollouts.agents.mostAway).as("installing takes no capacity").isZero();
  }

  @Test
  void anotherVersionGoesUnitByUnitAndInBatches() {
    RolloutScenario rollouts =
        RolloutScenario.running(policy -> policy.setMaxUnavailable(limit(2)));
    String second = rollouts.starts(V2);
    rollouts.until(second, "canary", RolloutUnit.State.UNIT_VERIFYING, Duration.ofMinutes(2));
    rollouts.agents.work(Duration.ofSeconds(2));
    rollouts.run(CANARY, V2).run(SU_1, V1);

    rollouts.until(second, Rollout.State.COMPLETED, LONG).allRun(V2);
    assertThat(rollouts.agents.mostAway).isEqualTo(2);
    assertThat(rollouts.story(second))
        .startsWith("web@1.1.0 for frontend: units canary, su-1")
        .endsWith("every unit runs web@1.1.0");
    assertThat(rollouts.fleet.state.machines()).allMatch(each -> each.getRolloutId().isEmpty());
    assertThat(WantedStates.of(rollouts.fleet.state, rollouts.fleet.show("web-01")).getStagedList())
        .as("the version before stays, to go back to")
        .containsExactly(V1, V2);
  }

  @Test
  void theBudgetHoldsWhateverThePolicyAllows() {
    RolloutScenario rollouts =
        RolloutScenario.running(policy -> policy.setMaxUnavailable(limit(5)));
    String second = rollouts.starts(V2);
    rollouts.until(second, "su-1", RolloutUnit.State.UNIT_ACTIVATING, Duration.ofMinutes(2));
    rollouts.agents.work(Duration.ofSeconds(3));
    assertThat(rollouts.show(second).getWaitingFor()).contains("the budget of unit/su-1 is spent");
    rollouts.until(second, Rollout.State.COMPLETED, LONG);
    assertThat(rollouts.agents.mostAway).isEqualTo(2);
  }

  @Test
  void aUnitWhoseMachinesAllJoinIsWaitedFor() {
    RolloutScenario rollouts = RolloutScenario.running();
    CANARY.forEach(each -> rollouts.fleet.sends(drain(each)));
    rollouts.agents.work(Duration.ofMinutes(3));
    String second = rollouts.starts(V2);
    rollouts.agents.work(Duration.ofMinutes(2));
    rollouts.is(second, Rollout.State.ACTIVATING);
    assertThat(rollouts.show(second).getWaitingFor())
        .contains("canary: none of its machines can be switched", "web-01 (MAINTENANCE)");

    CANARY.forEach(each -> rollouts.fleet.sends(undrain(each)));
    rollouts.until(second, Rollout.State.COMPLETED, LONG).allRun(V2);
  }

  @Test
  void aHeldMachineIsLeftAloneAndFollowsWhenTheHoldEnds() {
    RolloutScenario rollouts = RolloutScenario.running();
    rollouts.fleet.machine("web-04").isHeldFor(Duration.ZERO);
    String second = rollouts.starts(V2);
    rollouts.until(second, Rollout.State.COMPLETED, LONG).run(List.of("web-04"), V1);

    rollouts.fleet.machine("web-04").isUnheld();
    rollouts.agents.work(Duration.ofMinutes(1));
    rollouts.allRun(V2);
    assertThat(rollouts.fleet.conditionsOf("web-04")).endsWith("PROBATION", "HEALTHY");
  }

  @Test
  void aMachineInMaintenanceComesBackOnTheVersionThatItWasSwitchedTo() {
    RolloutScenario rollouts = RolloutScenario.running();
    String second = rollouts.starts(V2);
    rollouts.until(second, "canary", RolloutUnit.State.UNIT_ACTIVATING, Duration.ofMinutes(1));
    while (rollouts.fleet.show("web-01").getCondition() != Condition.HEALTHY
        || rollouts.unit(second, "canary").getSwitchedCount() == 0) {
      rollouts.agents.work(Duration.ofSeconds(1));
    }
    rollouts.orders(second, io.pilothouse.api.log.v1.ControlRollout.Verb.PAUSE);
    rollouts.agents.work(Duration.ofMinutes(1));
    rollouts.fleet.sends(drain("web-01"));
    rollouts.agents.work(Duration.ofMinutes(2));
    rollouts.fleet.sends(undrain("web-01"));
    assertThat(rollouts.fleet.show("web-01").getWantedActive()).isEqualTo(V2);
    rollouts.orders(second, io.pilothouse.api.log.v1.ControlRollout.Verb.RESUME);
    rollouts.until(second, Rollout.State.COMPLETED, LONG).allRun(V2);
  }

  @Test
  void machinesThatPeopleTakeOutDoNotCount() {
    RolloutScenario rollouts = RolloutScenario.running();
    String second = rollouts.starts(V2);
    rollouts.until(second, "su-1", RolloutUnit.State.UNIT_VERIFYING, LONG);
    rollouts.fleet.sends(drain("web-03"));
    rollouts.until(second, Rollout.State.COMPLETED, Duration.ofMinutes(2));
  }

  @Test
  void aUnitThatLosesItsLastMachineIsLeftOut() {
    RolloutScenario rollouts = RolloutScenario.running();
    CANARY.forEach(each -> rollouts.fleet.sends(drain(each)));
    rollouts.agents.work(Duration.ofMinutes(3));
    String second = rollouts.starts(V2);
    rollouts.agents.work(Duration.ofSeconds(5));
    for (String name : CANARY) {
      rollouts.fleet.sends(
          Command.newBuilder()
              .setDecommissionMachine(DecommissionMachine.newBuilder().setMachine(name)));
      rollouts.agents.work(Duration.ofMinutes(2));
    }
    rollouts.until(second, Rollout.State.COMPLETED, LONG).run(SU_1, V2);
    assertThat(rollouts.unit(second, "canary").getState()).isEqualTo(RolloutUnit.State.SKIPPED);
    assertThat(rollouts.unit(second, "canary").getReason()).contains("no machine of type frontend");
  }

  @Test
  void aMachineThatMovedToAUnitThatIsDoneIsNotBoundForEver() {
    RolloutScenario rollouts = RolloutScenario.running();
    String second = rollouts.starts(V2);
    rollouts.until(second, "su-1", RolloutUnit.State.UNIT_ACTIVATING, LONG);
    var spec = QuickFleet.spec().toBuilder();
    spec.getMachinesBuilder(2).setScaleUnit("canary");
    rollouts.fleet.apply(spec.build());
    rollouts.until(second, Rollout.State.COMPLETED, LONG).allRun(V2);
    assertThat(rollouts.fleet.show("web-03").getRolloutId()).isEmpty();
  }

  @Test
  void aMachineInProbationForAnotherReasonDoesNotBlameTheVersion() {
    RolloutScenario rollouts = RolloutScenario.running(policy -> policy.setDeadlineMs(150_000));
    String second = rollouts.starts(V2);
    rollouts.until(second, "canary", RolloutUnit.State.UNIT_ACTIVATING, Duration.ofMinutes(1));
    rollouts.until(second, "su-1", RolloutUnit.State.UNIT_ACTIVATING, LONG);
    rollouts.agents.isOff("web-07");
    rollouts.fleet.machine("web-07").reports(VerdictKind.ERROR, "disk");
    rollouts.agents.work(Duration.ofSeconds(15));
    rollouts.fleet.machine("web-07").is(Condition.PROBATION);
    rollouts.until(second, Rollout.State.COMPLETED, LONG);
    rollouts.run(List.of("web-03", "web-04", "web-05", "web-06"), V2);
  }

  @Test
  void aMachineThatCannotStageHoldsTheRolloutUpButDoesNotRollItBack() {
    RolloutScenario rollouts = RolloutScenario.running(policy -> policy.setStagedShare(80));
    rollouts.agents.diskIsFull("web-07");
    String second = rollouts.starts(V2);
    rollouts.until(second, Rollout.State.PAUSED, Duration.ofMinutes(20));
    assertThat(rollouts.show(second).getPauseReason()).contains("web-07 (not staged)");
    rollouts.run(CANARY, V2);
  }

  @Test
  void stagingThatDoesNotEndPauses() {
    RolloutScenario rollouts = RolloutScenario.running();
    rollouts.agents.diskIsFull("web-07");
    String second = rollouts.starts(V2);
    rollouts.until(second, Rollout.State.PAUSED, Duration.ofMinutes(11)).allRun(V1);
    assertThat(rollouts.show(second).getPauseReason())
        .isEqualTo("staging did not end before its deadline: missing on web-07");
    rollouts.fleet.passes(Duration.ofHours(5));
  }

  @Test
  void aMachineThatJoinsLateGetsItsUnitsVersion() {
    RolloutScenario rollouts = RolloutScenario.running();
    String second = rollouts.starts(V2);
    rollouts.until(second, "canary", RolloutUnit.State.PASSED, LONG);
    var spec = QuickFleet.spec().toBuilder();
    spec.addMachines(QuickFleet.machine("web-08", "canary", 8));
    spec.addMachines(QuickFleet.machine("web-09", "su-1", 9));
    rollouts.fleet.apply(spec.build());
    rollouts.fleet.machine("web-08").isDiscovered().isInstalled();
    assertThat(rollouts.fleet.show("web-08").getWantedActive()).isEqualTo(V2);
    rollouts.fleet.machine("web-09").isDiscovered().isInstalled();
    assertThat(rollouts.fleet.show("web-09").getWantedActive()).isEqualTo(V1);
    rollouts.until(second, Rollout.State.COMPLETED, LONG);
    rollouts.agents.work(Duration.ofMinutes(1));
    rollouts.allRun(V2).run(List.of("web-08", "web-09"), V2);
  }

  static Limit limit(int machines) {
    return Limit.newBuilder().setAbsolute(machines).build();
  }

  static Command.Builder drain(String machine) {
    return Command.newBuilder().setDrainMachine(DrainMachine.newBuilder().setMachine(machine));
  }

  static Command.Builder undrain(String machine) {
    return Command.newBuilder().setUndrainMachine(UndrainMachine.newBuilder().setMachine(machine));
  }
}

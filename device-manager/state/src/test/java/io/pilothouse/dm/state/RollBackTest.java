package io.pilothouse.dm.state;

import static io.pilothouse.dm.state.RolloutScenario.BAD;
import static io.pilothouse.dm.state.RolloutScenario.CANARY;
import static io.pilothouse.dm.state.RolloutScenario.NONE;
import static io.pilothouse.dm.state.RolloutScenario.SU_1;
import static io.pilothouse.dm.state.RolloutScenario.V1;
import static io.pilothouse.dm.state.RolloutScenario.V2;
import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.log.v1.ControlRollout.Verb;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.ProbationCause;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutUnit;
import io.pilothouse.api.v1.Severity;
import io.pilothouse.api.v1.VerdictKind;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Bad versions: they stop where they failed, and every machine goes back to what it ran. */
class RollBackTest {
  private static final Duration LONG = Duration.ofMinutes(9);

  @Test
  void aBadVersionStopsInTheCanaryAndIsRolledBack() {
    RolloutScenario rollouts = RolloutScenario.running();
    String bad = rollouts.starts(BAD);
    rollouts.until(bad, Rollout.State.ROLLED_BACK, LONG);
    rollouts.agents.work(Duration.ofMinutes(1));

    rollouts.allRun(V1);
    assertThat(rollouts.show(bad).getReason())
        .contains("1 of 2 machines of canary failed on web@1.2.0-bad, 0 allowed: web-01");
    for (String name : SU_1) {
      assertThat(rollouts.ran(name)).as(name).doesNotContain("web@1.2.0-bad");
    }
    assertThat(rollouts.fleet.state.repairs()).as("the rollout answers, nobody repairs").isEmpty();
    assertThat(WantedStates.of(rollouts.fleet.state, rollouts.fleet.show("web-01")).getStagedList())
        .as("the bad version is no longer held")
        .containsExactly(V1);
  }

  @Test
  void aBadFirstVersionLeavesNothingBehind() {
    RolloutScenario rollouts = RolloutScenario.bare();
    String bad = rollouts.starts(BAD);
    rollouts.until(bad, Rollout.State.ROLLED_BACK, LONG);
    rollouts.agents.work(Duration.ofMinutes(1));
    rollouts.allRun(NONE);
    rollouts.until(rollouts.starts(V1), Rollout.State.COMPLETED, LONG).allRun(V1);
  }

  @Test
  void unitsThatPassedGoBackTooWithinTheBudget() {
    RolloutScenario rollouts = RolloutScenario.running();
    String second = rollouts.starts(V2);
    rollouts.until(second, "su-1", RolloutUnit.State.UNIT_VERIFYING, LONG);
    rollouts.orders(second, Verb.ROLL_BACK);
    rollouts.until(second, Rollout.State.ROLLED_BACK, LONG).allRun(V1);
    assertThat(rollouts.agents.mostAway).as("batches of the policy").isEqualTo(1);
    assertThat(rollouts.unit(second, "canary").getState())
        .isEqualTo(RolloutUnit.State.UNIT_ROLLED_BACK);
  }

  @Test
  void aFailureInTheSoakTakesTheUnitsVersionBack() {
    RolloutScenario rollouts =
        RolloutScenario.running(policy -> policy.setSoakMs(120_000).setDeadlineMs(900_000));
    String second = rollouts.starts(V2);
    rollouts.until(second, Rollout.State.SOAKING, LONG);
    rollouts.agents.failOn(V2);
    rollouts.until(second, Rollout.State.ROLLED_BACK, LONG);
    rollouts.agents.work(Duration.ofMinutes(5));
    rollouts.allRun(V1);
    assertThat(rollouts.fleet.state.unitVersion("frontend", "canary").orElseThrow().getVersion())
        .isEqualTo(V1);
  }

  @Test
  void machinesThatJoinedAPassedUnitGoBackToo() {
    RolloutScenario rollouts = RolloutScenario.running();
    String second = rollouts.starts(V2);
    rollouts.until(second, "canary", RolloutUnit.State.PASSED, LONG);
    var spec = QuickFleet.spec().toBuilder();
    spec.addMachines(QuickFleet.machine("web-08", "canary", 8));
    rollouts.fleet.apply(spec.build());
    rollouts.fleet.machine("web-08").isDiscovered().isInstalled();
    rollouts.agents.work(Duration.ofMinutes(1));
    rollouts.run(List.of("web-08"), V2);

    rollouts.orders(second, Verb.ROLL_BACK);
    rollouts.until(second, Rollout.State.ROLLED_BACK, LONG).allRun(V1);
    rollouts.run(List.of("web-08"), V1);
    assertThat(rollouts.fleet.show("web-08").getRolloutId()).isEmpty();
  }

  @Test
  void aHeldMachineOnTheBadVersionIsLeftAloneAndHealsAfterTheHold() {
    RolloutScenario rollouts = RolloutScenario.running();
    String bad = rollouts.starts(BAD);
    rollouts.until(bad, "canary", RolloutUnit.State.UNIT_ACTIVATING, LONG);
    rollouts.agents.work(Duration.ofSeconds(2));
    rollouts.fleet.machine("web-01").isHeldFor(Duration.ZERO);
    rollouts.until(bad, Rollout.State.ROLLED_BACK, LONG).run(List.of("web-01"), BAD);

    rollouts.agents.work(Duration.ofMinutes(3));
    rollouts.run(List.of("web-01"), BAD);
    rollouts.fleet.machine("web-01").isUnheld();
    FakeRepairService service = rollouts.fleet.repairService().claims("web-01");
    rollouts.agents.work(Duration.ofSeconds(1));
    service.executes("web-01");
    rollouts.fleet.machine("web-01").boots("disk");
    rollouts.agents.work(Duration.ofMinutes(1));
    rollouts.allRun(V1);
    rollouts.fleet.machine("web-01").is(Condition.HEALTHY);
  }

  @Test
  void aMachineThatBreaksWhileItGoesBackIsRepaired() {
    RolloutScenario rollouts = RolloutScenario.running();
    String bad = rollouts.starts(BAD);
    rollouts.until(bad, Rollout.State.ROLLING_BACK, LONG);
    rollouts.fleet.machine("web-01").reports(VerdictKind.ERROR, "disk", Severity.FATAL);
    assertThat(rollouts.fleet.repairOf("web-01").getAction())
        .isEqualTo(io.pilothouse.api.v1.Action.REPLACE);
    rollouts.until(bad, Rollout.State.ROLLED_BACK, LONG);
    assertThat(rollouts.fleet.show("web-01").getWantedActive()).isEqualTo(V1);
  }

  @Test
  void fewFailuresAreAllowedWhenThePolicySaysSoAndRepairedAfterwards() {
    RolloutScenario rollouts =
        RolloutScenario.running(
            policy -> policy.setSuccessShare(75).setMaxUnavailable(RolloutTest.limit(2)));
    String second = rollouts.starts(V2);
    rollouts.until(second, "su-1", RolloutUnit.State.UNIT_ACTIVATING, LONG);
    rollouts.agents.isOff("web-03");
    rollouts.fleet.machine("web-03").losesPower();
    rollouts.agents.work(Duration.ofSeconds(70));
    assertThat(rollouts.unit(second, "su-1").getFailedList())
        .as("one of five is within 75 %")
        .containsExactly("web-03");
    rollouts.until(second, Rollout.State.COMPLETED, LONG);
    assertThat(rollouts.fleet.state.repairs()).as("released, so repaired").isNotEmpty();
  }

  @Test
  void withPolicyPauseAPersonDecidesAndAResumeTriesAgain() {
    RolloutScenario rollouts =
        RolloutScenario.running(
            policy -> policy.setOnFailure(io.pilothouse.api.v1.RolloutPolicy.OnFailure.PAUSE));
    rollouts.agents.failOn(V2);
    String second = rollouts.starts(V2);
    rollouts.until(second, Rollout.State.PAUSED, LONG);
    rollouts.agents.work(Duration.ofMinutes(30));
    rollouts.is(second, Rollout.State.PAUSED);
    rollouts.fleet.machine("web-01").is(Condition.FAILURE);
    assertThat(rollouts.fleet.state.repairs()).isEmpty();

    rollouts.orders(second, Verb.RESUME);
    rollouts.fleet.machine("web-01").is(Condition.PROBATION);
    rollouts.until(second, Rollout.State.PAUSED, LONG);

    rollouts.agents.mends(V2);
    rollouts.orders(second, Verb.RESUME);
    rollouts.until(second, Rollout.State.COMPLETED, LONG).allRun(V2);
  }

  @Test
  void aRollBackOfWhatTheUnitRanBeforeChangesNothingThere() {
    // canary runs 1.1.0 since an aborted rollout, but for web-01, which was held then
    RolloutScenario rollouts = RolloutScenario.running();
    rollouts.fleet.machine("web-01").isHeldFor(Duration.ZERO);
    String second = rollouts.starts(V2);
    rollouts.until(second, "canary", RolloutUnit.State.PASSED, LONG);
    rollouts.orders(second, Verb.ABORT);
    String third = rollouts.starts(V2);
    rollouts.agents.work(Duration.ofSeconds(2));
    rollouts.orders(third, Verb.PAUSE);
    rollouts.fleet.machine("web-01").isUnheld();
    rollouts.orders(third, Verb.RESUME);
    rollouts.agents.work(Duration.ofSeconds(2));
    rollouts.orders(third, Verb.ROLL_BACK);
    rollouts.until(third, Rollout.State.ROLLED_BACK, LONG);
    rollouts.agents.work(Duration.ofMinutes(3));
    rollouts.run(CANARY, V2).run(SU_1, V1);
  }

  @Test
  void goingBackCountsAsLostUntilTheMachineIsHealthy() {
    RolloutScenario rollouts = RolloutScenario.running();
    String bad = rollouts.starts(BAD);
    rollouts.until(bad, Rollout.State.ROLLING_BACK, LONG);
    assertThat(rollouts.fleet.show("web-01").getCause()).isEqualTo(ProbationCause.CAUSE_ROLLBACK);
    assertThat(Budget.lost(rollouts.fleet.state, rollouts.fleet.show("web-01"))).isTrue();
  }
}

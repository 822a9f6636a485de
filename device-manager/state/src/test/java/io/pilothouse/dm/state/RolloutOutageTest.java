package io.pilothouse.dm.state;

import static io.pilothouse.dm.state.RolloutScenario.V2;
import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutUnit;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The Device Manager or the Deployment Service is away in the middle of a rollout: agents go on,
 * and it is nobody's bad version.
 */
class RolloutOutageTest {
  private static final Duration LONG = Duration.ofMinutes(9);

  @ParameterizedTest
  @EnumSource(
      value = Rollout.State.class,
      names = {"STAGING", "ACTIVATING", "VERIFYING", "SOAKING"})
  void anHourWithoutTheDeviceManagerFailsNoVersion(Rollout.State during) {
    RolloutScenario rollouts = RolloutScenario.running(policy -> policy.setSoakMs(5_000));
    String second = rollouts.starts(V2);
    rollouts.until(second, during, LONG);
    rollouts.fleet.jumps(Duration.ofHours(1));
    // what agents did meanwhile comes before the first timeout: the leader sees to that
    rollouts.agents.work(Duration.ofSeconds(1));
    assertThat(rollouts.show(second).getState())
        .isIn(
            Rollout.State.STAGING,
            Rollout.State.ACTIVATING,
            Rollout.State.VERIFYING,
            Rollout.State.SOAKING);
    rollouts.until(second, Rollout.State.COMPLETED, Duration.ofMinutes(15)).allRun(V2);
    assertThat(rollouts.show(second).getUnitsList())
        .extracting(RolloutUnit::getFailedCount)
        .containsOnly(0);
  }

  @ParameterizedTest
  @EnumSource(
      value = Rollout.State.class,
      names = {"VERIFYING", "SOAKING"})
  void noUnitPassesOnATimeoutOfTheHourInWhichNobodyListened(Rollout.State during) {
    RolloutScenario rollouts = RolloutScenario.running(policy -> policy.setSoakMs(5_000));
    String second = rollouts.starts(V2);
    rollouts.until(second, during, LONG);
    rollouts.agents.work(Duration.ofSeconds(2)); // all have reported: it is quiet
    rollouts.fleet.jumps(Duration.ofHours(1));
    rollouts.fleet.passes(Duration.ZERO);
    rollouts.is(second, during);
    assertThat(rollouts.show(second).getCurrent()).isZero();
    rollouts.until(second, Rollout.State.COMPLETED, Duration.ofMinutes(15)).allRun(V2);
  }

  @Test
  void anHourWithoutAnyDeploymentReplicaIsWaitedForAndTheDeadlineBeginsAnew() {
    RolloutScenario rollouts = RolloutScenario.running();
    String second = rollouts.starts(V2);
    rollouts.fleet.deployment(false);
    rollouts.agents.work(Duration.ofMinutes(60));
    rollouts.is(second, Rollout.State.STAGING);
    assertThat(rollouts.show(second).getWaitingFor())
        .startsWith("staging: 0 of 7 hold it")
        .endsWith("; no deployment replica that is up holds all of web@1.1.0");
    assertThat(rollouts.show(second).getDeadline()).isZero();

    rollouts.fleet.deployment(true);
    assertThat(rollouts.show(second).getDeadline())
        .isEqualTo(rollouts.fleet.now().plus(Duration.ofMinutes(10)).toEpochMilli());
    rollouts.until(second, Rollout.State.COMPLETED, LONG).allRun(V2);
  }

  @Test
  void aMachineThatLacksTheVersionWhenTheReplicasGoIsWaitedForToo() {
    RolloutScenario rollouts = RolloutScenario.running(policy -> policy.setStagedShare(80));
    rollouts.agents.diskIsFull("web-07");
    String second = rollouts.starts(V2);
    rollouts.until(second, "su-1", RolloutUnit.State.UNIT_ACTIVATING, LONG);
    rollouts.fleet.deployment(false);
    rollouts.agents.work(Duration.ofMinutes(60));
    rollouts.is(second, Rollout.State.ACTIVATING).run(List.of("web-03", "web-06"), V2);
    assertThat(rollouts.show(second).getWaitingFor())
        .isEqualTo(
            "su-1: web-07 (not staged); no deployment replica that is up holds all of web@1.1.0");

    rollouts.fleet.deployment(true);
    rollouts.agents.diskHasRoom("web-07");
    rollouts.until(second, Rollout.State.COMPLETED, LONG).allRun(V2);
  }
}

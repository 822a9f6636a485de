package io.pilothouse.dm.state;

import static io.pilothouse.dm.state.RolloutScenario.V2;
import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutUnit;
import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The Device Manager is away in the middle of a rollout: nobody decides, agents go on. */
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
}

package io.pilothouse.dm.state;

import static io.pilothouse.dm.state.RolloutScenario.BAD;
import static io.pilothouse.dm.state.RolloutScenario.CANARY;
import static io.pilothouse.dm.state.RolloutScenario.V1;
import static io.pilothouse.dm.state.RolloutScenario.V2;
import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.ControlRollout.Verb;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutUnit;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Machines that go before all others, of whatever scale unit. */
class RolloutCanaryTest {
  private static final Duration LONG = Duration.ofMinutes(9);
  private static final List<String> FIRST = List.of("web-03", "web-07");
  private static final List<String> OTHERS = List.of("web-01", "web-02", "web-04");

  @Test
  void theCanaryRunsTheVersionBeforeAnybodyElse() {
    RolloutScenario rollouts =
        RolloutScenario.running()
            .goesBy(policy -> policy.addFirst("web-03").addFirst("web-[07-09]"));
    String second = rollouts.starts(V2);
    assertThat(rollouts.story(second))
        .startsWith("web@1.1.0 for frontend: units first, canary, su-1");
    rollouts.until(second, "first", RolloutUnit.State.PASSED, LONG);
    rollouts.run(FIRST, V2).run(List.of("web-02", "web-04"), V1);
    assertThat(rollouts.fleet.show("web-03").getRolloutId()).isEmpty();
    rollouts.until(second, Rollout.State.COMPLETED, LONG).allRun(V2);
    assertThat(rollouts.ran("web-03")).as("switched once").endsWith("web@1.0.0", "web@1.1.0");
  }

  @Test
  void whoStartsARolloutMayNameAnotherCanary() {
    RolloutScenario rollouts =
        RolloutScenario.running().goesBy(policy -> policy.addFirst("web-03"));
    String second = rollouts.startsWithCanary(V2, "web-05");
    assertThat(rollouts.unit(second, "first").getMembersList()).containsExactly("web-05");
    rollouts.until(second, Rollout.State.COMPLETED, LONG).allRun(V2);
  }

  @Test
  void aCanaryOfNobodyIsRefused() {
    RolloutScenario rollouts = RolloutScenario.running();
    Command.Builder start = RolloutScenario.start(V2);
    start.getStartRolloutBuilder().addFirst("web-77");
    assertThat(rollouts.fleet.isRefused(start).getMessage())
        .startsWith("\"web-77\" is no machine of frontend");
    start.getStartRolloutBuilder().clearFirst().addFirst("web-[9-1]");
    assertThat(rollouts.fleet.isRefused(start).getMessage()).contains("selects nothing");
  }

  @Test
  void aBadVersionEndsInTheCanary() {
    RolloutScenario rollouts = RolloutScenario.running();
    String bad = rollouts.startsWithCanary(BAD, "web-03", "web-07");
    rollouts.until(bad, Rollout.State.ROLLED_BACK, LONG);
    rollouts.agents.work(Duration.ofMinutes(1));
    rollouts.allRun(V1);
    for (String name : OTHERS) {
      assertThat(rollouts.ran(name)).as(name).doesNotContain("web@1.2.0-bad");
    }
  }

  @Test
  void aRollBackTakesThePassedCanaryAlong() {
    RolloutScenario rollouts = RolloutScenario.running();
    String second = rollouts.startsWithCanary(V2, "web-03", "web-07");
    rollouts.until(second, "canary", RolloutUnit.State.UNIT_ACTIVATING, LONG);
    rollouts.orders(second, Verb.ROLL_BACK);
    rollouts.until(second, Rollout.State.ROLLED_BACK, LONG).allRun(V1);
    assertThat(rollouts.unit(second, "first").getState())
        .isEqualTo(RolloutUnit.State.UNIT_ROLLED_BACK);
    assertThat(rollouts.unit(second, "su-1").getState()).isEqualTo(RolloutUnit.State.PENDING);
  }

  @Test
  void aSkippedCanaryGoesBack() {
    RolloutScenario rollouts = RolloutScenario.running();
    String second = rollouts.startsWithCanary(V2, "web-03", "web-07");
    rollouts.until(second, "first", RolloutUnit.State.UNIT_VERIFYING, LONG);
    rollouts.skips(second, "first").skips(second, "su-1");
    rollouts.until(second, Rollout.State.COMPLETED, LONG);
    rollouts.agents.work(Duration.ofMinutes(2));
    rollouts.run(CANARY, V2).run(FIRST, V1);
  }

  @Test
  void aCanaryWhoseUnitIsSkippedGoesBackWithIt() {
    RolloutScenario rollouts = RolloutScenario.running();
    String second = rollouts.startsWithCanary(V2, "web-03", "web-07");
    rollouts.until(second, "canary", RolloutUnit.State.UNIT_ACTIVATING, LONG);
    rollouts.skips(second, "su-1");
    rollouts.until(second, Rollout.State.COMPLETED, LONG);
    rollouts.agents.work(Duration.ofMinutes(2));
    rollouts.run(CANARY, V2).run(FIRST, V1);
  }

  @Test
  void anAbortLeavesTheCanaryOnTheNewVersion() {
    RolloutScenario rollouts = RolloutScenario.running();
    String second = rollouts.startsWithCanary(V2, "web-03", "web-07");
    rollouts.until(second, "canary", RolloutUnit.State.UNIT_ACTIVATING, LONG);
    rollouts.orders(second, Verb.ABORT);
    assertThat(rollouts.story(second)).anyMatch(each -> each.contains("web-03, web-07"));
    rollouts.agents.work(Duration.ofMinutes(5));
    rollouts.run(FIRST, V2).run(List.of("web-04"), V1);
  }

  @Test
  void aCanaryThatFailsAfterItPassedIsRepairedAndComesBackOnTheVersion() {
    RolloutScenario rollouts =
        RolloutScenario.running().goesBy(policy -> policy.setSoakMs(60_000).setDeadlineMs(900_000));
    String second = rollouts.startsWithCanary(V2, "web-03", "web-07");
    rollouts.until(second, "canary", RolloutUnit.State.UNIT_ACTIVATING, LONG);
    rollouts.agents.isOff("web-03");
    rollouts.fleet.machine("web-03").failsOnce("disk");
    assertThat(rollouts.fleet.show("web-03").getCondition()).isNotEqualTo(Condition.HEALTHY);
    rollouts.agents.isOn("web-03");
    rollouts.until(second, Rollout.State.COMPLETED, Duration.ofMinutes(20));
    rollouts.agents.work(Duration.ofMinutes(2));
    rollouts.allRun(V2);
  }
}

package io.pilothouse.dm.state;

import static io.pilothouse.dm.state.RolloutScenario.CANARY;
import static io.pilothouse.dm.state.RolloutScenario.SU_1;
import static io.pilothouse.dm.state.RolloutScenario.V1;
import static io.pilothouse.dm.state.RolloutScenario.V2;
import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.log.v1.ControlRollout.Verb;
import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutUnit;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Maintenance windows and the greatest pace. Scenarios begin on Sunday 2026-03-01 at 08:00 UTC. */
class RolloutPaceTest {
  private static final Duration LONG = Duration.ofMinutes(9);
  private static final int SUNDAY = 0b100_0000;
  private static final int MONDAY = 0b000_0001;

  @Test
  void outsideItsWindowsNobodyIsSwitchedAndTheNextOneIsNamed() {
    RolloutScenario rollouts =
        RolloutScenario.running()
            .goesBy(policy -> policy.addWindows(WindowsTest.window(MONDAY, 120, 180)));
    String second = rollouts.starts(V2);
    rollouts.agents.work(Duration.ofSeconds(5));
    rollouts.is(second, Rollout.State.ACTIVATING).allRun(V1);
    assertThat(rollouts.show(second).getWaitingFor())
        .isEqualTo("canary: 2 machines: outside its maintenance windows, the next is Mon 02:00Z");
    assertThat(Instant.ofEpochMilli(rollouts.show(second).getWaitUntil()))
        .isEqualTo("2026-03-02T02:00:00Z");

    rollouts.fleet.passes(
        Duration.between(rollouts.fleet.now(), Instant.parse("2026-03-02T01:59:59Z")));
    rollouts.is(second, Rollout.State.ACTIVATING).allRun(V1);
    rollouts.until(second, Rollout.State.COMPLETED, LONG).allRun(V2);
  }

  @Test
  void whenItsWindowClosesWhatRunsIsVerifiedAndTheRestWaits() {
    RolloutScenario rollouts =
        RolloutScenario.running()
            .goesBy(policy -> policy.addWindows(WindowsTest.window(SUNDAY, 540, 542)));
    String second = rollouts.starts(V2);
    rollouts.agents.work(Duration.ofSeconds(3));
    rollouts.fleet.passes(
        Duration.between(rollouts.fleet.now(), Instant.parse("2026-03-01T09:00:00Z")));
    rollouts.agents.work(Duration.ofMinutes(20));
    rollouts.is(second, Rollout.State.ACTIVATING).run(CANARY, V2);
    assertThat(rollouts.show(second).getWaitingFor()).contains("the next is Sun 09:00Z");
    List<String> switched = rollouts.unit(second, "su-1").getSwitchedList();
    assertThat(switched).isNotEmpty().hasSizeLessThan(SU_1.size());
    assertThat(rollouts.unit(second, "su-1").getHealthy()).isEqualTo(switched.size());
    assertThat(switchedAt(rollouts, second))
        .allMatch(at -> at.isBefore(Instant.parse("2026-03-01T09:02:00Z")));

    rollouts.fleet.passes(Duration.ofDays(6).plusHours(20));
    rollouts.is(second, Rollout.State.ACTIVATING);
    rollouts.fleet.passes(
        Duration.between(rollouts.fleet.now(), Instant.parse("2026-03-08T09:00:00Z")));
    rollouts.until(second, Rollout.State.COMPLETED, Duration.ofMinutes(3)).allRun(V2);
  }

  @Test
  void goingBackWaitsForNoWindow() {
    RolloutScenario rollouts =
        RolloutScenario.running()
            .goesBy(
                policy ->
                    policy
                        .addWindows(WindowsTest.window(SUNDAY, 540, 541))
                        .setPaceMachines(2)
                        .setPaceMs(60_000));
    String second = rollouts.starts(V2);
    rollouts.agents.work(Duration.ofSeconds(3));
    rollouts.fleet.passes(
        Duration.between(rollouts.fleet.now(), Instant.parse("2026-03-01T09:00:00Z")));
    rollouts.agents.work(Duration.ofMinutes(3));
    rollouts.run(List.of("web-01"), V2);
    rollouts.orders(second, Verb.ROLL_BACK);
    rollouts.until(second, Rollout.State.ROLLED_BACK, Duration.ofMinutes(3)).allRun(V1);
  }

  @Test
  void aMachineThatComesBackGetsTheVersionOfItsUnitAtOnceWhateverTheWindows() {
    RolloutScenario rollouts =
        RolloutScenario.running()
            .goesBy(policy -> policy.addWindows(WindowsTest.window(SUNDAY, 480, 600)));
    rollouts.fleet.machine("web-05").isHeldFor(Duration.ZERO);
    String second = rollouts.starts(V2);
    rollouts.until(second, Rollout.State.COMPLETED, LONG).run(List.of("web-05"), V1);
    rollouts.fleet.passes(
        Duration.between(rollouts.fleet.now(), Instant.parse("2026-03-01T12:00:00Z")));

    rollouts.fleet.machine("web-05").isUnheld();
    rollouts.agents.work(Duration.ofSeconds(30));

    rollouts.run(List.of("web-05"), V2);
  }

  @Test
  void noMoreMachinesThanItsPaceAreSwitchedWithinAnySpan() {
    RolloutScenario rollouts =
        RolloutScenario.running()
            .goesBy(
                policy ->
                    policy
                        .setPaceMachines(2)
                        .setPaceMs(600_000)
                        .setMaxUnavailable(RolloutTest.limit(5)));
    String second = rollouts.starts(V2);
    rollouts.until(second, "su-1", RolloutUnit.State.UNIT_ACTIVATING, LONG);
    assertThat(rollouts.show(second).getWaitingFor())
        .startsWith("su-1: 5 machines: its pace of 2 per 10m is spent, it goes on at Sun 08:");
    rollouts.until(second, Rollout.State.COMPLETED, Duration.ofMinutes(45)).allRun(V2);

    List<Instant> times = switchedAt(rollouts, second);
    assertThat(times).hasSize(7);
    for (int i = 2; i < times.size(); i++) {
      assertThat(Duration.between(times.get(i - 2), times.get(i)))
          .isGreaterThanOrEqualTo(Duration.ofMinutes(10))
          .isLessThan(Duration.ofMinutes(11));
    }
  }

  @Test
  void waitsThatItsPolicyAsksForAreNoLateUnit() {
    RolloutScenario rollouts =
        RolloutScenario.running()
            .goesBy(policy -> policy.setPaceMachines(1).setPaceMs(300_000).setDeadlineMs(120_000));
    String second = rollouts.starts(V2);
    rollouts.until(second, Rollout.State.COMPLETED, Duration.ofMinutes(40)).allRun(V2);
  }

  @Test
  void aClockThatJumpsOverAWindowSwitchesNobodyOutsideIt() {
    RolloutScenario rollouts =
        RolloutScenario.running()
            .goesBy(policy -> policy.addWindows(WindowsTest.window(SUNDAY, 540, 545)));
    String second = rollouts.starts(V2);
    rollouts.agents.work(Duration.ofSeconds(3));
    rollouts.fleet.jumps(Duration.ofHours(3));
    rollouts.agents.work(Duration.ofMinutes(2));
    rollouts.is(second, Rollout.State.ACTIVATING).allRun(V1);
    assertThat(rollouts.show(second).getWaitUntil())
        .isEqualTo(Instant.parse("2026-03-08T09:00:00Z").toEpochMilli());
  }

  /** When the rollout switched a machine, oldest first. */
  private static List<Instant> switchedAt(RolloutScenario rollouts, String rollout) {
    return Stream.concat(CANARY.stream(), SU_1.stream())
        .flatMap(each -> rollouts.fleet.history(each, "CONDITION").stream())
        .filter(each -> each.getText().startsWith("rollout " + rollout + ":"))
        .map(AuditRecord::getAt)
        .sorted()
        .map(Instant::ofEpochMilli)
        .toList();
  }
}

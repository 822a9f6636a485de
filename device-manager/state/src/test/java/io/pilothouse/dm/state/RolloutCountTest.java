package io.pilothouse.dm.state;

import static io.pilothouse.dm.state.RolloutScenario.V1;
import static io.pilothouse.dm.state.RolloutScenario.V2;
import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutPolicy;
import io.pilothouse.api.v1.RolloutUnit;
import io.pilothouse.api.v1.Severity;
import io.pilothouse.api.v1.VerdictKind;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The success share of units of one, two and three machines. */
class RolloutCountTest {
  private static final Duration LONG = Duration.ofMinutes(20);
  private static final List<String> THREE = List.of("web-02", "web-03", "web-04");

  @ParameterizedTest(name = "of {0} machines at {1} % {2} may fail")
  @CsvSource({
    "1, 98, 0",
    "1, 50, 0",
    "1, 0.1, 0",
    "1, 0, 1",
    "2, 98, 0",
    "2, 51, 0",
    "2, 50, 1",
    "2, 0, 2",
    "3, 98, 0",
    "3, 67, 0",
    "3, 66.7, 0",
    "3, 66.6, 1",
    "3, 34, 1",
    "3, 33.3, 2",
    "3, 0, 3",
    "5, 98, 0",
    "5, 80, 1",
    "49, 98, 0",
    "50, 98, 1",
    "1000, 99.9, 1"
  })
  void theShareAllowsWholeMachines(int machines, double share, int failures) {
    assertThat(allowed(machines, share)).isEqualTo(failures);
  }

  @Test
  void aUnitPassesWithExactlyAsManyFailuresAsAreAllowed() {
    for (int machines = 1; machines <= 60; machines++) {
      for (double share : List.of(0.1, 33.3, 50.0, 66.6, 66.7, 90.0, 98.0, 99.9, 100.0)) {
        int fewest = (int) (machines - allowed(machines, share));
        assertThat(RolloutCount.reached(fewest, machines, share))
            .as("%s of %s at %s", fewest, machines, share)
            .isTrue();
        assertThat(RolloutCount.reached(fewest - 1, machines, share))
            .as("%s of %s at %s", fewest - 1, machines, share)
            .isFalse();
      }
    }
  }

  @Test
  void nobodyIsNoShare() {
    assertThat(RolloutCount.reached(0, 0, 0)).isFalse();
  }

  private static long allowed(int machines, double share) {
    Rollout.Builder rollout =
        Rollout.newBuilder().setPolicy(RolloutPolicy.newBuilder().setSuccessShare(share));
    RolloutUnit unit = RolloutUnit.newBuilder().setName("su-1").setMachines(machines).build();
    return RolloutCount.failuresAllowed(new State(), rollout, unit);
  }

  // as rollouts meet them

  @Test
  void aUnitOfOneStandsAndFallsWithIt() {
    RolloutScenario rollouts = tiny(50);
    rollouts.agents.failOn(V2);
    String second = rollouts.starts(V2);
    rollouts.until(second, Rollout.State.ROLLED_BACK, LONG).run(List.of("web-01"), V1);
    assertThat(rollouts.show(second).getReason())
        .startsWith("1 of 1 machines of canary failed on web@1.1.0, 0 allowed: web-01");
  }

  @Test
  void aUnitWhoseOnlyMachineIsInRepairIsWaitedForAndNoVersionIsBlamed() {
    RolloutScenario rollouts = tiny(98);
    breaks(rollouts, "web-01");
    String second = rollouts.starts(V2);
    rollouts.until(second, Rollout.State.PAUSED, LONG);
    assertThat(rollouts.show(second).getPauseReason())
        .startsWith("deadline: canary: none of its machines can be switched: web-01 (");
    assertThat(rollouts.unit(second, "canary").getFailedCount()).isZero();
    rollouts.run(THREE, V1);
  }

  @Test
  void twoOfThreeMayPassAndTheThirdIsNotForgotten() {
    RolloutScenario rollouts = tiny(66.6);
    String second = rollouts.starts(V2);
    rollouts.until(second, "su-1", RolloutUnit.State.UNIT_ACTIVATING, LONG);
    rollouts.agents.isOff("web-03");
    rollouts.until(second, Rollout.State.COMPLETED, LONG);
    assertThat(rollouts.unit(second, "su-1").getReason()).isEqualTo("2 of 3 healthy on web@1.1.0");
    assertThat(rollouts.fleet.show("web-03").getWantedActive()).isEqualTo(V2);
  }

  @Test
  void aMachineInRepairIsNoneOfTheThreeAndGetsTheVersionWhenItIsBack() {
    RolloutScenario rollouts = tiny(98);
    breaks(rollouts, "web-03");
    String second = rollouts.starts(V2);
    rollouts.until(second, Rollout.State.COMPLETED, LONG);
    assertThat(rollouts.unit(second, "su-1").getReason()).isEqualTo("2 of 2 healthy on web@1.1.0");

    mends(rollouts, "web-03");
    rollouts.agents.work(Duration.ofMinutes(5));
    rollouts.run(THREE, V2);
  }

  @Test
  void aLateJoinerCountsOnceItCanBeSwitched() {
    RolloutScenario rollouts = tiny(98);
    String second = rollouts.starts(V2);
    rollouts.until(second, "su-1", RolloutUnit.State.UNIT_ACTIVATING, LONG);
    Fleet.Builder more = spec(98).toBuilder();
    rollouts.fleet.apply(more.addMachines(QuickFleet.machine("web-05", "su-1", 5)).build());
    rollouts.agents.work(Duration.ofSeconds(1));
    assertThat(rollouts.unit(second, "su-1").getMachines()).as("it is not there yet").isEqualTo(3);

    rollouts.fleet.machine("web-05").isDiscovered();
    rollouts.until(second, Rollout.State.COMPLETED, LONG);
    rollouts.agents.work(Duration.ofMinutes(3));
    rollouts.run(THREE, V2).run(List.of("web-05"), V2);
  }

  @Test
  void aMachineThatIsMovedMeanwhileIsReleasedWithTheUnitThatSwitchedIt() {
    RolloutScenario rollouts = tiny(98);
    String second = rollouts.starts(V2);
    rollouts.until(second, "su-1", RolloutUnit.State.UNIT_VERIFYING, LONG);
    assertThat(rollouts.fleet.show("web-02").getRolloutId()).isEqualTo(second);
    Fleet.Builder moved = spec(98).toBuilder();
    moved.getMachinesBuilder(1).setScaleUnit("canary");
    rollouts.fleet.apply(moved.build());

    rollouts.until(second, Rollout.State.COMPLETED, LONG);

    assertThat(rollouts.fleet.state.machines()).allMatch(each -> each.getRolloutId().isEmpty());
  }

  @Test
  void holdingOneThatFailedWithinTheShareIsNoFailureMore() {
    RolloutScenario rollouts = tiny(66.6);
    String second = rollouts.starts(V2);
    failsOn(rollouts, second, "web-03");
    rollouts.fleet.machine("web-03").isHeldFor(Duration.ZERO);
    rollouts.until(second, Rollout.State.COMPLETED, LONG);
    assertThat(rollouts.unit(second, "su-1").getReason()).isEqualTo("2 of 2 healthy on web@1.1.0");
  }

  @Test
  void oneThatFailedAndHasLeftTheFleetIsNotCountedWithTheNext() {
    RolloutScenario rollouts = tiny(66.6);
    rollouts.fleet.apply(
        spec(66.6).toBuilder().addMachines(QuickFleet.machine("web-05", "su-1", 5)).build());
    rollouts.fleet.machine("web-05").isDiscovered();
    rollouts.agents.work(Duration.ofMinutes(2));
    String second = rollouts.starts(V2);
    failsOn(rollouts, second, "web-02");
    rollouts.leaves("web-02");
    failsOn(rollouts, second, "web-04");
    assertThat(rollouts.unit(second, "su-1").getFailedList()).contains("web-02", "web-04");
    rollouts.until(second, Rollout.State.COMPLETED, LONG);
    assertThat(rollouts.unit(second, "su-1").getReason()).isEqualTo("2 of 3 healthy on web@1.1.0");
  }

  /** Once it is switched. */
  private static void failsOn(RolloutScenario rollouts, String rollout, String machine) {
    for (int i = 0; i < 600 && !switched(rollouts, rollout).contains(machine); i++) {
      rollouts.agents.work(Duration.ofSeconds(1));
    }
    rollouts.agents.isOff(machine);
    rollouts.fleet.machine(machine).reports(VerdictKind.ERROR, "disk", Severity.FATAL);
    rollouts.fleet.machine(machine).is(Condition.FAILURE);
  }

  private static List<String> switched(RolloutScenario rollouts, String rollout) {
    return rollouts.unit(rollout, "su-1").getSwitchedList();
  }

  /** One machine in canary, three in su-1, all on 1.0.0. */
  private static RolloutScenario tiny(double share) {
    RolloutScenario rollouts = RolloutScenario.of(spec(share));
    rollouts.until(rollouts.starts(V1), Rollout.State.COMPLETED, LONG);
    return rollouts;
  }

  private static Fleet spec(double share) {
    Fleet.Builder spec = QuickFleet.withoutIncidents().toBuilder();
    while (spec.getMachinesCount() > 4) {
      spec.removeMachines(4);
    }
    spec.getMachinesBuilder(1).setScaleUnit("su-1");
    spec.getBudgetsBuilder().setUnit(RolloutTest.limit(3));
    // one that failed is still away, so that the next is switched only when two may be
    spec.getRolloutPoliciesBuilder(0)
        .setSuccessShare(share)
        .setMaxUnavailable(RolloutTest.limit(2));
    return spec.build();
  }

  /** Fails, and nobody executes its repair. */
  private static void breaks(RolloutScenario rollouts, String machine) {
    rollouts.agents.isOff(machine);
    rollouts.fleet.machine(machine).failsOnce("disk").failsAgain("disk");
  }

  private static void mends(RolloutScenario rollouts, String machine) {
    FakeRepairService repairs = rollouts.fleet.repairService().claims(machine);
    rollouts.fleet.passes(QuickFleet.DRAIN);
    repairs.executes(machine).hasExecuted(machine);
    rollouts.fleet.machine(machine).boots("disk");
    rollouts.agents.isOn(machine);
  }
}

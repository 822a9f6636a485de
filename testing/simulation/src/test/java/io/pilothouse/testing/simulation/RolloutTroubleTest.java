package io.pilothouse.testing.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutUnit;
import io.pilothouse.api.v1.VersionRef;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What all of a rollout depends on is away or wrong for an hour in the middle of it. It neither
 * gives up nor switches a second unit, and completes once all is well; with fleets and policies of
 * several seeds. After every log entry the checker looks, too.
 */
class RolloutTroubleTest {
  private static final long SECOND = 1_000;
  private static final long MINUTE = 60 * SECOND;
  private static final long HOUR = 60 * MINUTE;
  private static final int SEEDS = 8;

  private Simulation simulation = Simulation.quiet(0);
  private String id = "";

  static Stream<Arguments> moments() {
    return Stream.of(Rollout.State.STAGING, Rollout.State.ACTIVATING, Rollout.State.VERIFYING)
        .flatMap(
            state -> LongStream.rangeClosed(1, SEEDS).mapToObj(seed -> Arguments.of(state, seed)));
  }

  @ParameterizedTest(name = "while {0}, seed {1}")
  @MethodSource("moments")
  void theDeviceManagerIsGoneForAnHour(Rollout.State during, long seed) {
    reaches(during, seed);
    long before = simulation.world().dm.index();
    simulation.world().dm.failOver(HOUR);
    simulation.runFor(HOUR - MINUTE);
    assertThat(simulation.world().dm.index()).as("nobody decided").isEqualTo(before);
    completes();
  }

  @ParameterizedTest(name = "while {0}, seed {1}")
  @MethodSource("moments")
  void theDeploymentReplicasAreAllGoneForAnHour(Rollout.State during, long seed) {
    reaches(during, seed);
    simulation.faults().noDeployment();
    passes(HOUR);
    simulation.faults().allDeployments();
    completes();
  }

  @ParameterizedTest(name = "while {0}, seed {1}")
  @MethodSource("moments")
  void aLeaderWhoseClockIsAnHourAheadTakesOver(Rollout.State during, long seed) {
    reaches(during, seed);
    simulation.world().dm.failOver(5 * SECOND, HOUR);
    completes();
  }

  @ParameterizedTest(name = "while {0}, seed {1}")
  @MethodSource("moments")
  void aLeaderWhoseClockIsAnHourBehindTakesOver(Rollout.State during, long seed) {
    reaches(during, seed);
    simulation.world().dm.failOver(5 * SECOND, -HOUR);
    completes();
  }

  @ParameterizedTest(name = "while {0}, seed {1}")
  @MethodSource("moments")
  void aClockThatIsSetForwardAndBackAgain(Rollout.State during, long seed) {
    reaches(during, seed);
    simulation.world().dm.failOver(5 * SECOND, HOUR);
    passes(2 * MINUTE);
    simulation.world().dm.failOver(5 * SECOND, 0);
    completes();
  }

  /** All machines run a version, and a rollout of the next one has come so far. */
  private void reaches(Rollout.State during, long seed) {
    simulation = Simulation.quiet(seed);
    simulation.runFor(MINUTE);
    assertThat(simulation.state().machines()).isNotEmpty();
    until(HOUR * 3, () -> simulation.state().machines().stream().allMatch(this::serves));
    starts(SimFleet.FIRST);
    until(HOUR * 6, () -> rollout().getState() == Rollout.State.COMPLETED);
    starts(SimFleet.GOOD);
    until(HOUR, () -> rollout().getState() == during);
  }

  private boolean serves(Machine machine) {
    return machine.getLifecycle() == Lifecycle.IN_SERVICE
        && machine.getCondition() == Condition.HEALTHY;
  }

  private void starts(VersionRef version) {
    Set<String> before = new TreeSet<>();
    simulation.state().rollouts().forEach(each -> before.add(each.getId()));
    id = "";
    simulation.operator().starts(version);
    until(MINUTE, () -> simulation.state().rollouts().size() > before.size());
    id =
        simulation.state().rollouts().stream()
            .map(Rollout::getId)
            .filter(each -> !before.contains(each))
            .findFirst()
            .orElseThrow();
  }

  private Rollout rollout() {
    return simulation.state().rollout(id).orElseThrow();
  }

  private void completes() {
    until(HOUR * 9, () -> rollout().getState() == Rollout.State.COMPLETED);
    until(HOUR, () -> Calm.stuck(simulation.world()).isEmpty());
    assertThat(simulation.state().machines())
        .allMatch(each -> each.getObserved().getActive().equals(SimFleet.GOOD));
    assertThat(rollout().getUnitsList())
        .allMatch(
            each -> each.getState() == RolloutUnit.State.PASSED && each.getFailedCount() == 0);
  }

  private void passes(long span) {
    for (long passed = 0; passed < span; passed += MINUTE) {
      simulation.runFor(MINUTE);
      goesOn();
    }
  }

  private void until(long most, BooleanSupplier reached) {
    for (long passed = 0; passed < most && !reached.getAsBoolean(); passed += SECOND) {
      simulation.runFor(SECOND);
      if (!id.isEmpty()) {
        goesOn();
      }
    }
    assertThat(reached.getAsBoolean())
        .as(() -> "reached in time: " + simulation.state().rollouts())
        .isTrue();
  }

  /** Under way, and machines of one scale unit at most are between two versions. */
  private void goesOn() {
    assertThat(rollout().getState())
        .as(() -> rollout().toString())
        .isIn(
            Rollout.State.STAGING,
            Rollout.State.ACTIVATING,
            Rollout.State.VERIFYING,
            Rollout.State.SOAKING,
            Rollout.State.COMPLETED);
    Set<String> passed = new TreeSet<>();
    rollout().getUnitsList().stream()
        .filter(each -> each.getState() == RolloutUnit.State.PASSED)
        .forEach(each -> passed.add(each.getName()));
    Set<String> begun = new TreeSet<>();
    for (Machine machine : simulation.state().machines()) {
      if (machine.getWantedActive().equals(rollout().getTo())
          && !passed.contains(machine.getScaleUnit())) {
        begun.add(machine.getScaleUnit());
      }
    }
    assertThat(begun).hasSizeLessThanOrEqualTo(1);
  }
}

package io.pilothouse.testing.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.pilothouse.api.log.v1.Entry;
import io.pilothouse.api.log.v1.Event;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Freeze;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Manifest;
import io.pilothouse.api.v1.ProbationCause;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.dm.state.Applied;
import java.util.List;
import java.util.Random;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** What is wrong is seen: each check is shown one violation. */
class CheckerTest {
  private static final long HOUR_MS = 3_600_000;

  private final Simulation simulation = new Simulation(1);

  CheckerTest() {
    simulation.runFor(HOUR_MS);
  }

  @Test
  void moreMachinesTakenThanTheLimitAreSeen() {
    Checker checker = simulation.checker();
    assertThatCode(checker::stateItself).doesNotThrowAnyException();
    for (Machine each : List.copyOf(simulation.state().machines())) {
      if (each.getLifecycle() == Lifecycle.IN_SERVICE && each.getRepairId().isEmpty()) {
        Machine taken =
            each.toBuilder()
                .setCondition(Condition.PROBATION)
                .setCause(ProbationCause.CAUSE_REPAIR)
                .build();
        simulation.inject(Event.newBuilder().setMachine(taken).build());
      }
    }
    assertThat(violation(checker::stateItself).invariant()).startsWith("1 taken <= limit");
  }

  @Test
  void aChangeOfConditionWithoutARecordIsSeen() {
    Machine healthy = aHealthyOne();
    Machine changed =
        healthy.toBuilder()
            .setCondition(Condition.PROBATION)
            .setCause(ProbationCause.CAUSE_DO_NOTHING)
            .build();
    Event event = Event.newBuilder().setMachine(changed).build();
    simulation.inject(event);
    Applied applied = new Applied(List.of(event), List.of());
    Violation seen =
        violation(() -> simulation.checker().check(Entry.getDefaultInstance(), applied, 1_000_000));
    assertThat(seen.invariant()).startsWith("4 one audit record");
  }

  @Test
  void aSecondExecutionOfARepairIsSeen() {
    simulation.checker().executes("R-1000000", 7);
    assertThat(violation(() -> simulation.checker().executes("R-1000000", 7)).invariant())
        .isEqualTo("5 no action twice");
  }

  @Test
  void anOlderReportThatChangesSomethingIsSeen() {
    Event event = Event.newBuilder().setFreeze(Freeze.newBuilder().setFrozen(true)).build();
    Applied applied = new Applied(List.of(event), List.of());
    assertThat(violation(() -> simulation.checker().expectRest("9 older", applied)).invariant())
        .isEqualTo("9 older");
  }

  @Test
  void aRemovedVersionThatMachinesAreToHaveIsSeen() {
    Event removed = Event.newBuilder().setManifestRemoved("web@1.0.0").build();
    Machine any =
        simulation.state().machines().stream()
            .filter(each -> each.getLifecycle() == Lifecycle.IN_SERVICE)
            .findFirst()
            .orElseThrow();
    Machine web = any.toBuilder().setWantedActive(SimFleet.FIRST).build();
    simulation.inject(Event.newBuilder().setMachine(web).build());
    Applied applied = new Applied(List.of(removed), List.of());
    assertThatCode(() -> NeededVersions.check(simulation.state(), applied.events()))
        .doesNotThrowAnyException();
    simulation.inject(removed);
    assertThat(
            violation(() -> NeededVersions.check(simulation.state(), applied.events())).invariant())
        .isEqualTo("what is needed is never removed");
  }

  @Test
  void aReplicaThatDiffersIsSeen() {
    Random random = new Random(1);
    ThrowingCallable same = () -> Replay.asRecorded(simulation.log(), simulation.state(), random);
    ThrowingCallable rebatched =
        () -> Replay.inOtherEntries(simulation.log(), simulation.state(), random);
    assertThatCode(same).doesNotThrowAnyException();
    assertThatCode(rebatched).doesNotThrowAnyException();
    simulation.inject(
        Event.newBuilder().setFreeze(Freeze.newBuilder().setReason("nobody said so")).build());
    assertThat(violation(same).invariant()).isEqualTo("8 replay gives the same state");
    assertThat(violation(rebatched).invariant()).contains("for any batching");
  }

  @Test
  void aFailedRunSaysHowToRunItAgain() {
    // something that nobody changes again
    VersionRef ref = VersionRef.newBuilder().setName("nobody").setVersion("said-so").build();
    simulation.inject(Event.newBuilder().setManifest(Manifest.newBuilder().setRef(ref)).build());
    assertThat(violation(simulation::run))
        .hasMessageContaining("mvn -pl testing/simulation test -Dsimulation.seed=1")
        .hasMessageContaining("8 replay")
        .hasMessageContaining("last audit records");
  }

  /** There is a time in every storm at which some machine is well. */
  private Machine aHealthyOne() {
    for (int hour = 0; hour < 6; hour++) {
      for (Machine each : simulation.state().machines()) {
        if (each.getCondition() == Condition.HEALTHY) {
          return each;
        }
      }
      simulation.runFor(HOUR_MS);
    }
    throw new AssertionError("nobody was well for six hours: " + simulation.state().machines());
  }

  private static Violation violation(ThrowingCallable check) {
    Violation seen = catchThrowableOfType(Violation.class, check);
    assertThat(seen).as("a violation").isNotNull();
    return seen;
  }
}

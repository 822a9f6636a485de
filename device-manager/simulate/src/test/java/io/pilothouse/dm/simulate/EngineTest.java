package io.pilothouse.dm.simulate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.api.log.v1.Entry;
import io.pilothouse.api.log.v1.Event;
import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Incident;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Verdict;
import io.pilothouse.dm.state.Applied;
import io.pilothouse.dm.state.StateDigest;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The engine itself: one seed one run, the account, and checks that bite. */
class EngineTest {
  private static final Faults STORM = Faults.usual().times(20, 4);

  @Test
  void oneSeedGivesOneRun() {
    assertThat(digest(7)).isEqualTo(digest(7));
    assertThat(digest(7)).isNotEqualTo(digest(8));
  }

  private static String digest(long seed) {
    Simulation simulation = run(seed, Ruler.PILOTHOUSE);
    simulation.run(at -> {});
    return StateDigest.of(simulation.state());
  }

  private static Simulation run(long seed, Ruler ruler) {
    return new Simulation(Simulation.Plan.of(GeneratedFleet.of(60), STORM, seed, Spans.DAY), ruler);
  }

  @Test
  void rivalsMeetTheSameFaults() {
    for (Ruler ruler : Ruler.values()) {
      assertThat(run(3, ruler).strikes())
          .usingRecursiveComparison()
          .ignoringFields("effect")
          .isEqualTo(run(3, Ruler.PILOTHOUSE).strikes());
    }
  }

  @Test
  void aRepairOfAMachineThatIsWellIsWrong() {
    Scenario fleet = Scenario.of(20);
    World world = fleet.simulation.world;
    world.tally.acted(world.machine("m00003"), Action.REBOOT);
    assertThat(fleet.outcome().repairs().needless()).isEqualTo(1);
  }

  @Test
  void aReplaceWhereARebootWouldDoIsStrongerThanNeeded() {
    Scenario fleet = Scenario.of(20).suffers("m00003", Sign.DEAD, Mend.REBOOT);
    World world = fleet.simulation.world;
    world.tally.acted(world.machine("m00003"), Action.REPLACE);
    assertThat(fleet.outcome().repairs().tooStrong()).isEqualTo(1);
    assertThat(fleet.outcome().repairs().needless()).isZero();
  }

  @Test
  void aRebootOfWhatNeedsMoreIsNotWrongButAStep() {
    Scenario fleet = Scenario.of(20).suffers("m00003", Sign.DEAD, Mend.REPLACE);
    World world = fleet.simulation.world;
    world.tally.acted(world.machine("m00003"), Action.REBOOT);
    assertThat(fleet.outcome().repairs().wrong()).isZero();
  }

  @Test
  void aMachineIsLostForAsLongAsItIsOfNoUse() {
    Scenario fleet =
        Scenario.of(20)
            .strike(
                world ->
                    world
                        .machine("m00003")
                        .suffersFor(
                            new Ailment("test", Sign.SLOW, Mend.PASSES, world.agenda.now()),
                            30 * Spans.SECOND))
            .pass(10 * Spans.MINUTE);
    assertThat(fleet.outcome().downMillis()).isEqualTo(30 * Spans.SECOND);
    assertThat(fleet.outcome().passed()).isEqualTo(1);
  }

  @Test
  void steadyMachinesCostNoLogEntries() {
    Scenario fleet = Scenario.of(400).pass(Spans.DAY);
    assertThat(fleet.outcome().entries()).isLessThan(5);
  }

  @Test
  void aConditionThatChangedWithoutARecordIsFound() {
    Scenario fleet = Scenario.of(20);
    Machine machine = fleet.simulation.state().machine("m00003").orElseThrow();
    Event behindTheLog =
        Event.newBuilder()
            .setMachine(machine.toBuilder().setCondition(Condition.PROBATION))
            .build();
    fleet.simulation.state().replay(behindTheLog);
    fleet.suffers("m00003", Sign.IO_ERRORS, Mend.REBOOT);
    assertThatThrownBy(() -> fleet.pass(2 * Spans.HOUR))
        .isInstanceOf(Violation.class)
        .hasMessageContaining("4 one audit record a change of condition")
        .hasMessageContaining("seed 1")
        .hasMessageContaining("last audit records");
  }

  /** Its machines did not change: they are looked at because they name it. */
  @Test
  void anIncidentThatEndsWithoutLettingGoOfItsMachinesIsFoundByThatEntry() {
    Scenario fleet =
        Scenario.of(200)
            .strike(DomainFaults.power("rack/r003", Spans.HOUR))
            .pass(20 * Spans.MINUTE);
    Event over =
        Event.newBuilder()
            .setIncident(fleet.incidents().get(0).toBuilder().setState(Incident.State.CLOSED))
            .build();
    fleet.simulation.state().replay(over);
    Checks checks = fleet.simulation.pilothouse().leader.checks();
    assertThatThrownBy(
            () -> checks.after(Entry.getDefaultInstance(), new Applied(List.of(over), List.of())))
        .isInstanceOf(Violation.class)
        .hasMessageContaining("incident reference")
        .hasMessageContaining("20 are broken");
  }

  @Test
  void aReportThatWasOvertakenIsRepeatedEveryHourAndOneThatChangesSomethingIsFound() {
    Ailment passing = new Ailment("test", Sign.IO_ERRORS, Mend.PASSES, 0);
    Scenario fleet =
        Scenario.of(20)
            .strike(world -> world.machine("m00003").suffersFor(passing, 2 * Spans.MINUTE))
            .pass(3 * Spans.HOUR + Spans.MINUTE);
    assertThat(fleet.simulation.pilothouse().reporting.overtaken().known()).isPositive();
    Verdict forgotten =
        fleet.simulation.state().verdict("m00003", "disk").orElseThrow().toBuilder()
            .setSequence(0)
            .build();
    fleet.simulation.state().replay(Event.newBuilder().setVerdict(forgotten).build());
    assertThatThrownBy(() -> fleet.pass(Spans.HOUR))
        .isInstanceOf(Violation.class)
        .hasMessageContaining("9 a report older than one already applied changes nothing");
  }

  @Test
  void aRepairThatIsExecutedTwiceIsFound() {
    Scenario fleet = Scenario.of(20).suffers("m00003", Sign.DEAD, Mend.REBOOT);
    World world = fleet.simulation.world;
    world.hands.reboot(world.machine("m00003"), "R-1");
    assertThatThrownBy(() -> world.hands.reboot(world.machine("m00003"), "R-1"))
        .isInstanceOf(Violation.class)
        .hasMessageContaining("5 no action executes twice");
  }
}

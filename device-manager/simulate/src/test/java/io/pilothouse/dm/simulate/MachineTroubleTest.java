package io.pilothouse.dm.simulate;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.RepairPolicy;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Single machines in trouble, and whoever repairs them. */
class MachineTroubleTest {
  private static final String M = "m00007";

  /** As the quick start's policy: after three actions a person is asked. */
  private static final RepairPolicy THREE_ACTIONS =
      RepairPolicy.newBuilder().setName("three").setMaxAttempts(3).build();

  @Test
  void aCrashThatPassesIsAnsweredByDoNothing() {
    Scenario fleet =
        Scenario.of(60)
            .strike(
                world ->
                    world
                        .machine(M)
                        .suffersFor(
                            new Ailment("test", Sign.DEAD, Mend.PASSES, world.agenda.now()),
                            10 * Spans.MINUTE))
            .pass(2 * Spans.HOUR)
            .calm();
    assertThat(fleet.executed()).isZero();
    assertThat(fleet.repairs(Action.DO_NOTHING)).hasSize(1);
  }

  @Test
  void aHungMachineIsRebooted() {
    Scenario fleet = Scenario.of(60).suffers(M, Sign.DEAD, Mend.REBOOT).pass(3 * Spans.HOUR).calm();
    assertThat(fleet.outcome().repairs().reboots()).isEqualTo(1);
    assertThat(fleet.outcome().repairs().wrong()).isZero();
  }

  @Test
  void aCorruptDiskIsReImagedAfterRebootsDidNotHelp() {
    Scenario fleet = Scenario.of(60).suffers(M, Sign.DEAD, Mend.RE_IMAGE).pass(Spans.DAY).calm();
    assertThat(fleet.outcome().repairs().reImages()).isEqualTo(1);
    assertThat(fleet.outcome().repairs().replaces()).isZero();
  }

  @Test
  void aDiskThatSmartCondemnsIsReplacedAtOnce() {
    Scenario fleet =
        Scenario.of(60).suffers(M, Sign.SMART_FATAL, Mend.REPLACE).pass(2 * Spans.DAY).calm();
    assertThat(fleet.outcome().repairs().replaces()).isEqualTo(1);
    assertThat(fleet.executed()).isEqualTo(1);
  }

  @Test
  void softErrorsOfADiskAreWarningsAndTouchNothing() {
    Scenario fleet = Scenario.of(60).suffers(M, Sign.SMART_SOFT, Mend.REPLACE).pass(2 * Spans.DAY);
    assertThat(fleet.executed()).isZero();
    assertThat(fleet.condition(M)).isEqualTo(Condition.HEALTHY);
  }

  @Test
  void aSlowMachineIsRepairedThoughItAnswers() {
    Scenario fleet = Scenario.of(60).suffers(M, Sign.SLOW, Mend.REBOOT).pass(3 * Spans.HOUR).calm();
    assertThat(fleet.outcome().repairs().reboots()).isEqualTo(1);
  }

  @Test
  void aMachineThatFlapsGoesUpTheLadderUntilItIsReplaced() {
    Scenario fleet =
        Scenario.of(60)
            .strike(
                world ->
                    MachineFaults.flapping(world.machine(M), 50 * Spans.MINUTE, 10 * Spans.MINUTE)
                        .accept(world))
            .pass(4 * Spans.DAY);
    assertThat(fleet.outcome().repairs().replaces()).as("%s", fleet.outcome()).isEqualTo(1);
    assertThat(fleet.executed()).isLessThanOrEqualTo(7);
    fleet.calm();
  }

  @Test
  void aMachineThatFlapsIsEscalatedAfterTheMostActionsThatItsPolicyAllows() {
    Habits nobodyAnswers = new Habits(Spans.DAY, 100 * Spans.DAY, 0, false);
    Scenario fleet =
        Scenario.under(THREE_ACTIONS, 60, nobodyAnswers)
            .strike(
                world ->
                    MachineFaults.flapping(world.machine(M), 50 * Spans.MINUTE, 10 * Spans.MINUTE)
                        .accept(world));
    Repair asked = escalated(fleet);
    assertThat(asked.getMachine()).isEqualTo(M);
    assertThat(asked.getState()).isEqualTo(Repair.State.WAITING);
    assertThat(asked.getRule()).contains("3 actions within 7d, the most allowed");
    assertThat(fleet.repairs(Action.REBOOT)).hasSize(2);
    assertThat(fleet.repairs(Action.RE_IMAGE)).hasSize(1);
    fleet.pass(2 * Spans.DAY);
    assertThat(fleet.executed()).as("it flaps on, and is not touched unasked").isEqualTo(3);
    fleet.calm();
  }

  /** The first repair for which a person is asked, within a day. */
  private static Repair escalated(Scenario fleet) {
    for (int i = 0; i < 6 * 24 && fleet.repairs(Action.ESCALATE).isEmpty(); i++) {
      fleet.pass(10 * Spans.MINUTE);
    }
    assertThat(fleet.repairs(Action.ESCALATE)).as("%s", fleet.outcome()).hasSize(1);
    return fleet.repairs(Action.ESCALATE).get(0);
  }

  @Test
  void anImageThatIsBadFailsWhatIsWrittenWithItAgainAndComesToAPerson() {
    Scenario fleet =
        Scenario.under(THREE_ACTIONS, 60, Habits.USUAL.withWrongSwaps(0))
            .strike(FleetFaults.badImage("type/" + GeneratedFleet.FRONTEND, 3 * Spans.DAY))
            .suffers(M, Sign.DEAD, Mend.RE_IMAGE);
    Repair asked = escalated(fleet);
    assertThat(asked.getFault()).isEqualTo("crash-loop");
    assertThat(fleet.counted("image-bad")).isEqualTo(1);
    assertThat(fleet.outcome().repairs().reImages()).isEqualTo(1);
    assertThat(fleet.simulation.state().repairs())
        .as("machines that had the image for long are well")
        .allMatch(each -> each.getMachine().equals(M));
    fleet.pass(3 * Spans.DAY);
    assertThat(fleet.counted("image-bad")).as("written with it again").isGreaterThan(1);
    fleet.calm();
    assertThat(fleet.condition(M)).isEqualTo(Condition.HEALTHY);
    assertThat(fleet.outcome().repairs().replaces()).isZero();
  }

  @Test
  void anImageThatIsMendedLasts() {
    Scenario fleet =
        Scenario.of(60)
            .strike(FleetFaults.badImage("type/" + GeneratedFleet.FRONTEND, Spans.MINUTE))
            .suffers(M, Sign.DEAD, Mend.RE_IMAGE)
            .pass(Spans.DAY)
            .calm();
    assertThat(fleet.outcome().repairs().reImages()).isEqualTo(1);
    assertThat(fleet.counted("image-bad")).isZero();
  }

  @Test
  void aControllerThatLiesIsNeverBelieved() {
    Scenario fleet =
        Scenario.of(60)
            .strike(world -> world.machine(M).bmc = SimMachine.Bmc.DOES_NOTHING)
            .suffers(M, Sign.DEAD, Mend.REBOOT);
    for (int i = 0; i < 8 * 60; i++) {
      fleet.pass(Spans.MINUTE);
      if (!fleet.simulation.world.machine(M).serves()) {
        boolean trusted = i > 5 && fleet.condition(M) == Condition.HEALTHY;
        assertThat(trusted).as("HEALTHY in minute %s although nothing was done", i).isFalse();
      }
    }
    fleet.calm();
    assertThat(fleet.repairs(Action.REBOOT))
        .filteredOn(each -> each.getState() == Repair.State.DONE)
        .as("reboots that count as done")
        .hasSizeLessThanOrEqualTo(1);
  }

  @Test
  void aControllerThatDoesItTwiceDoesNotConfuseTheVerification() {
    Scenario fleet =
        Scenario.of(60)
            .strike(world -> world.machine(M).bmc = SimMachine.Bmc.DOES_TWICE)
            .suffers(M, Sign.DEAD, Mend.REBOOT)
            .pass(4 * Spans.HOUR)
            .calm();
    assertThat(fleet.repairs(Action.REBOOT)).hasSize(1);
  }

  @Test
  void aTechnicianWhoSwapsTheWrongMachineCostsTimeAndNotTheFleet() {
    Scenario fleet =
        Scenario.of(60, Habits.USUAL.withWrongSwaps(1))
            .suffers(M, Sign.SMART_FATAL, Mend.REPLACE)
            .pass(2 * Spans.DAY);
    assertThat(fleet.outcome().repairs().wrongMachine()).isPositive();
    fleet.calm();
    assertThat(fleet.outcome().repairs().executed()).isLessThan(20);
  }

  @Test
  void lostReportsOfAFewMinutesRepairNothing() {
    Scenario fleet = Scenario.of(60);
    for (int i = 1; i <= 20; i++) {
      String name = "m%05d".formatted(i * 3);
      fleet
          .strike(
              world ->
                  world
                      .machine(name)
                      .suffersFor(
                          new Ailment("test", Sign.MUTE, Mend.PASSES, world.agenda.now()),
                          4 * Spans.MINUTE))
          .pass(Spans.HOUR);
    }
    fleet.calm();
    assertThat(fleet.executed()).isZero();
  }

  @Test
  void reportsThatAreLateRepeatedAndOvertakenDoNotHarm() {
    Scenario fleet =
        Scenario.of(60)
            .strike(world -> world.control().troubledWire(Spans.DAY))
            .suffers(M, Sign.DEAD, Mend.REBOOT)
            .pass(Spans.DAY)
            .calm();
    assertThat(fleet.outcome().repairs().needless()).isZero();
    assertThat(fleet.condition(M)).isEqualTo(Condition.HEALTHY);
  }

  @TestFactory
  Stream<DynamicTest> theDeviceManagerFailsOverInEachStepOfARepair() {
    return steps(
        state ->
            Scenario.of(60)
                .whenRepairIs(state, world -> world.control().failOver(20 * Spans.SECOND))
                .suffers(M, Sign.DEAD, Mend.REBOOT)
                .pass(6 * Spans.HOUR)
                .calm());
  }

  @TestFactory
  Stream<DynamicTest> theRepairServiceIsKilledInEachStepOfARepair() {
    return steps(
        state ->
            Scenario.of(60)
                .whenRepairIs(state, world -> world.control().killRepairs(5 * Spans.SECOND))
                .suffers(M, Sign.DEAD, Mend.REBOOT)
                .pass(6 * Spans.HOUR)
                .calm());
  }

  @TestFactory
  Stream<DynamicTest> theRepairServiceIsCutOffWhileExecutingAndNothingIsExecutedTwice() {
    return steps(
        state ->
            Scenario.of(60)
                .whenRepairIs(state, world -> world.control().cutOffRepairs(20 * Spans.MINUTE))
                .suffers(M, Sign.DEAD, Mend.REBOOT)
                .suffers("m00031", Sign.DEAD, Mend.REBOOT)
                .pass(6 * Spans.HOUR)
                .calm());
  }

  /** A repair executed twice is a violation, which ends the run. */
  private static Stream<DynamicTest> steps(
      java.util.function.Function<Repair.State, Scenario> run) {
    return List.of(
            Repair.State.WAITING,
            Repair.State.READY,
            Repair.State.CLAIMED,
            Repair.State.EXECUTING,
            Repair.State.VERIFYING,
            Repair.State.DONE)
        .stream()
        .map(
            state ->
                DynamicTest.dynamicTest(
                    "at " + state,
                    () -> {
                      Scenario fleet = run.apply(state);
                      assertThat(fleet.condition(M)).isEqualTo(Condition.HEALTHY);
                      assertThat(fleet.outcome().repairs().reboots()).isBetween(1, 4);
                    }));
  }
}

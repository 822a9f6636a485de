package io.pilothouse.dm.simulate;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Repair;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Single machines in trouble, and whoever repairs them. */
class MachineTroubleTest {
  private static final String M = "m00007";

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
  void aFlappingMachineIsEscalated() {
    Scenario fleet =
        Scenario.of(60)
            .strike(
                world -> {
                  SimMachine machine = world.machine(M);
                  MachineFaults.flapping(machine, 50 * Spans.MINUTE, 10 * Spans.MINUTE)
                      .accept(world);
                })
            .pass(4 * Spans.DAY);
    boolean replacedOrWithAPerson =
        fleet.outcome().repairs().replaces() > 0 || fleet.outcome().repairs().escalations() > 0;
    assertThat(replacedOrWithAPerson).as(fleet.outcome().toString()).isTrue();
    assertThat(fleet.executed()).isLessThanOrEqualTo(7);
    fleet.calm();
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

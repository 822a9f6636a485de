package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.DecideRepair;
import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.PastAction;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.Veto;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** Repairs that cannot be executed: the management network is away, or a directory is read-only. */
class RepairTriesTest {
  private final FleetScenario fleet = FleetScenario.inService();
  private final FakeMachine web03 = fleet.machine("web-03").failsOnce("disk").failsAgain("disk");
  private final String id = fleet.repairOf("web-03").getId();

  private Repair repair() {
    return fleet.state.repair(id).orElseThrow();
  }

  private void cannotBeExecuted() {
    fleet.repairService().claims("web-03").executes("web-03").couldNot("web-03");
  }

  private void waitsForTheNextTry() {
    fleet.passes(Duration.between(fleet.now(), Instant.ofEpochMilli(repair().getRetryAt())));
  }

  @Test
  void whatWasNotDoneIsTriedAgainLaterAndNothingStrongerFollows() {
    for (int minutes : new int[] {1, 2, 4, 8}) {
      cannotBeExecuted();
      assertThat(repair().getState()).isEqualTo(Repair.State.WAITING);
      assertThat(repair().getRetryAt())
          .isEqualTo(fleet.now().plus(Duration.ofMinutes(minutes)).toEpochMilli());
      assertThat(repair().getVetoesList()).extracting(Veto::getKind).containsExactly("retry");
      assertThat(repair().getVetoes(0).getSentence())
          .startsWith("Reboot could not be executed")
          .endsWith("as the test says");
      assertThat(Budget.usage(fleet.state).get("fleet").taken()).as("it holds no place").isZero();
      waitsForTheNextTry();
      assertThat(repair().getState()).isEqualTo(Repair.State.READY);
    }
    fleet.repairService().claims("web-03").executes("web-03").hasExecuted("web-03");
    web03.boots("disk").is(Condition.PROBATION);
    assertThat(repair().getState()).isEqualTo(Repair.State.DONE);
    assertThat(fleet.show("web-03").getPastActionsList())
        .extracting(PastAction::getAction)
        .containsExactly(Action.DO_NOTHING, Action.REBOOT);
  }

  @Test
  void aCommandThatSeemedToFailAndHadItsEffectIsDone() {
    cannotBeExecuted();
    web03.boots("disk").is(Condition.PROBATION);
    assertThat(repair().getState()).isEqualTo(Repair.State.DONE);
    assertThat(repair().getOutcome()).contains("boot id changed");
    assertThat(Budget.usage(fleet.state).get("fleet").taken())
        .as("nobody gave it a place")
        .isZero();
    web03.reportsOk();
    fleet.passes(QuickFleet.QUIET);
    assertThat(fleet.show("web-03").getPastActionsList().get(1).getHelped()).isTrue();
  }

  @Test
  void errorsThatClearMeanwhileCallItOff() {
    cannotBeExecuted();
    web03.reportsOk().is(Condition.PROBATION);
    assertThat(repair().getOutcome()).startsWith("nothing was done");
  }

  @Test
  void inTheEndAPersonIsAsked() {
    for (int i = 0; i < 8; i++) {
      cannotBeExecuted();
      if (i < 7) {
        assertThat(repair().getAction()).isEqualTo(Action.REBOOT);
        waitsForTheNextTry();
      }
    }
    assertThat(repair().getState()).isEqualTo(Repair.State.WAITING);
    assertThat(repair().getAction()).isEqualTo(Action.ESCALATE);
    assertThat(repair().getRule()).endsWith("; Reboot could not be executed 8 times -> Escalate");
    assertThat(repair().getVetoesList()).extracting(Veto::getKind).containsExactly("approval");
    assertThat(repair().getVetoes(0).getSentence())
        .startsWith(
            "a person must decide: nothing could be done to web-03: as the test says. Choose one:");

    fleet.sends(
        Command.newBuilder()
            .setDecideRepair(DecideRepair.newBuilder().setRepair(id).setAction(Action.REBOOT)));
    assertThat(repair().getState()).isEqualTo(Repair.State.READY);
    cannotBeExecuted();
    assertThat(repair().getAction()).as("from the beginning").isEqualTo(Action.REBOOT);
    assertThat(repair().getTries()).isEqualTo(1);
  }

  @Test
  void aClaimThatNobodyActsOnIsNoAttempt() {
    fleet.repairService().claims("web-03");
    fleet.passes(QuickFleet.EXECUTE);
    assertThat(repair().getState()).isEqualTo(Repair.State.WAITING);
    assertThat(repair().getAction()).isEqualTo(Action.REBOOT);
    assertThat(repair().getNotExecuted()).isEqualTo("nobody came to it in time");
  }

  @Test
  void whatBeginsLateAfterItsClaimHasAllOfItsTime() {
    FakeRepairService service = fleet.repairService().claims("web-03");
    fleet.passes(QuickFleet.EXECUTE.minusMillis(1));
    service.executes("web-03");
    fleet.passes(QuickFleet.EXECUTE.minusMillis(1));
    assertThat(repair().getState()).isEqualTo(Repair.State.EXECUTING);
    fleet.passes(Duration.ofMillis(1));
    assertThat(repair().getState()).isNotEqualTo(Repair.State.EXECUTING);
  }

  @Test
  void aReImageThatHasBegunIsNotTakenBack() {
    fleet.repairService().claims("web-03").fails("web-03").claims("web-03").fails("web-03");
    Repair image = fleet.repairOf("web-03");
    assertThat(image.getAction()).isEqualTo(Action.RE_IMAGE);
    fleet.repairService().claims("web-03").executes("web-03").couldNot("web-03");
    assertThat(fleet.state.repair(image.getId()).orElseThrow().getState())
        .isEqualTo(Repair.State.FAILED);
  }
}

package io.pilothouse.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.ListRolloutsReply;
import io.pilothouse.api.v1.PlannedUnit;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutPlan;
import io.pilothouse.api.v1.RolloutUnit;
import io.pilothouse.api.v1.StatusReply;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.api.v1.Veto;
import io.pilothouse.api.v1.WriteReply;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Acts that concern many machines are not done before somebody has said yes to the number. */
class BlastRadiusTest {
  private static final String WHY = "looked at it";

  private final FakeDm dm = new FakeDm();

  BlastRadiusTest() throws IOException {}

  @BeforeEach
  void writes() {
    for (String each : List.of("StartRollout", "ControlRollout", "SetFreeze", "HoldDomain")) {
      dm.answers(each, WriteReply.newBuilder().setRevision(9).setId("O-7").build());
    }
  }

  @AfterEach
  void stop() {
    dm.close();
  }

  private Typed pilot(String... args) {
    return Typed.at(dm, args);
  }

  private void asksFirst(String write, String why, String... args) {
    Typed typed = pilot(args);
    assertThat(typed.code()).as(typed.err()).isEqualTo(6);
    assertThat(typed.err()).contains(why, "There is no terminal to ask on", "--yes");
    assertThat(dm.methods()).doesNotContain(write);
    String[] said = Stream.concat(Stream.of(args), Stream.of("--yes")).toArray(String[]::new);
    assertThat(pilot(said).code()).isZero();
    assertThat(dm.methods()).contains(write);
  }

  private void goesTo(int machines) {
    dm.answers("GetStatus", StatusReply.newBuilder().setTotal(2000).build());
    dm.answers(
        "PlanRollout",
        RolloutPlan.newBuilder()
            .addUnits(PlannedUnit.newBuilder().setName("canary").setEligible(1))
            .addUnits(PlannedUnit.newBuilder().setName("su-1").setEligible(machines - 1))
            .build());
    dm.answers("ListRollouts", ListRolloutsReply.getDefaultInstance());
  }

  private void rollout(int switched) {
    Rollout rollout =
        Rollout.newBuilder()
            .setId("O-7")
            .setType("frontend")
            .setTo(VersionRef.newBuilder().setName("web").setVersion("1.1.0"))
            .addUnits(unit("canary", 1, RolloutUnit.State.PASSED))
            .addUnits(unit("su-1", switched - 1, RolloutUnit.State.UNIT_ACTIVATING))
            .addUnits(unit("su-2", 700, RolloutUnit.State.PENDING))
            .build();
    dm.answers("ListRollouts", ListRolloutsReply.newBuilder().addItems(rollout).build());
  }

  private static RolloutUnit.Builder unit(String name, int machines, RolloutUnit.State state) {
    return RolloutUnit.newBuilder().setName(name).setMachines(machines).setState(state);
  }

  @Test
  void aRolloutToManyAsksFirst() {
    goesTo(101);
    asksFirst(
        "StartRollout",
        "web@1.1.0 goes to 101 machines of frontend",
        "rollout",
        "start",
        "frontend",
        "web@1.1.0");
  }

  @Test
  void aRolloutToFewOrByALookedAtPlanDoesNot() {
    goesTo(100);
    assertThat(pilot("rollout", "start", "frontend", "web@1.1.0").code()).isZero();
    goesTo(2000);
    assertThat(pilot("rollout", "start", "frontend", "web@1.1.0", "--plan", "f80f1").code())
        .isZero();
    assertThat(pilot("rollout", "start", "frontend", "web@1.1.0").code()).isEqualTo(6);
  }

  @Test
  void whatEndsARolloutOfManyAsksFirst() {
    rollout(500);
    asksFirst(
        "ControlRollout",
        "O-7 (web@1.1.0 of frontend) is taken back from 500 machines",
        "rollout",
        "rollback",
        "--reason",
        WHY);
  }

  @Test
  void soDoAnAbortAndASkip() {
    rollout(500);
    Typed abort = pilot("rollout", "abort", "--reason", WHY);
    assertThat(abort.err()).contains("O-7 (web@1.1.0 of frontend) ends amid 500 machines");
    Typed skip = pilot("rollout", "skip", "--unit", "su-1", "--reason", WHY);
    assertThat(skip.err()).contains("goes on without the 499 machines of su-1");
    assertThat(dm.methods()).doesNotContain("ControlRollout");
    assertThat(pilot("rollout", "skip", "--unit", "canary", "--reason", WHY).code()).isZero();
  }

  @Test
  void aPauseStopsAtOnceAndASmallRolloutTakesNoQuestions() {
    rollout(500);
    assertThat(pilot("rollout", "pause", "--reason", WHY).code()).isZero();
    rollout(100);
    assertThat(pilot("rollout", "rollback", "--reason", WHY).code()).isZero();
    assertThat(pilot("rollout", "abort", "--reason", WHY).code()).isZero();
  }

  private static Repair repair(String kind, String domain) {
    return Repair.newBuilder()
        .addVetoes(Veto.newBuilder().setKind("budget").setDomain("fleet"))
        .addVetoes(Veto.newBuilder().setKind(kind).setDomain(domain))
        .build();
  }

  private void waiting(Repair... repairs) {
    dm.answers(
        "GetStatus",
        StatusReply.newBuilder().setFleet("shop").addAllOpenRepairs(List.of(repairs)).build());
  }

  @Test
  void anUnfreezeSaysHowManyRepairsItLetsGo() {
    waiting(repair("freeze", "fleet"), repair("freeze", "fleet"), repair("hold", "rack/r7"));
    asksFirst("SetFreeze", "2 repairs wait for the freeze to end", "repair", "unfreeze");
  }

  @Test
  void soDoesTheEndOfAHold() {
    waiting(repair("freeze", "fleet"), repair("hold", "fleet"), repair("hold", "rack/r7"));
    asksFirst(
        "HoldDomain",
        "1 repair waits for the hold of rack/r7 to end",
        "repair",
        "unhold",
        "rack/r7");
  }

  @Test
  void whatLetsNothingGoIsNotAskedAbout() {
    waiting(repair("hold", "rack/r8"));
    assertThat(pilot("repair", "unhold", "rack/r7").code()).isZero();
    assertThat(pilot("repair", "unfreeze").code()).isZero();
  }
}

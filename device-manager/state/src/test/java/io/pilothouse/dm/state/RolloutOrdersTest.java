package io.pilothouse.dm.state;

import static io.pilothouse.dm.state.RolloutScenario.BAD;
import static io.pilothouse.dm.state.RolloutScenario.CANARY;
import static io.pilothouse.dm.state.RolloutScenario.SU_1;
import static io.pilothouse.dm.state.RolloutScenario.V1;
import static io.pilothouse.dm.state.RolloutScenario.V2;
import static io.pilothouse.dm.state.RolloutTest.limit;
import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.ControlRollout.Verb;
import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.log.v1.Reply;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutPolicy;
import io.pilothouse.api.v1.RolloutUnit;
import io.pilothouse.api.v1.Thing;
import io.pilothouse.api.v1.VersionRef;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What people tell a rollout, and what it refuses. */
class RolloutOrdersTest {
  private static final Duration LONG = Duration.ofMinutes(9);
  private static final Pattern WORDS = Pattern.compile("\\s+");
  private static final Consumer<RolloutPolicy.Builder> PAUSES =
      policy -> policy.setOnFailure(RolloutPolicy.OnFailure.PAUSE);

  @Test
  void aPausedRolloutSwitchesNothingMore() {
    RolloutScenario rollouts = RolloutScenario.running();
    String second = rollouts.starts(V2);
    rollouts.until(second, "su-1", RolloutUnit.State.UNIT_ACTIVATING, LONG);
    rollouts.orders(second, Verb.PAUSE);
    rollouts.agents.work(Duration.ofMinutes(20));
    rollouts.is(second, Rollout.State.PAUSED).run(List.of("web-03"), V2);
    rollouts.run(List.of("web-04", "web-05", "web-06", "web-07"), V1);
    assertThat(rollouts.show(second).getPauseReason()).isEqualTo("as the test asks");

    rollouts.orders(second, Verb.RESUME);
    assertThat(rollouts.show(second).getPauseReason()).isEmpty();
    rollouts.until(second, Rollout.State.COMPLETED, LONG).allRun(V2);
  }

  @Test
  void anAbortedRolloutStaysWhereItIsAndSaysSo() {
    RolloutScenario rollouts = RolloutScenario.running();
    String second = rollouts.starts(V2);
    rollouts.until(second, "su-1", RolloutUnit.State.UNIT_ACTIVATING, LONG);
    rollouts.orders(second, Verb.ABORT);
    assertThat(rollouts.story(second))
        .endsWith("aborted: as the test asks; web-01, web-02, web-03 stay on web@1.1.0");
    rollouts.agents.work(Duration.ofMinutes(10));
    rollouts.run(CANARY, V2).run(List.of("web-03"), V2).run(List.of("web-07"), V1);

    // the way out is another rollout, in either direction
    rollouts.until(rollouts.starts(V1), Rollout.State.COMPLETED, LONG).allRun(V1);
  }

  @Test
  void aMachineThatFailsAfterAnAbortGoesToItsUnitsVersion() {
    RolloutScenario rollouts = RolloutScenario.running();
    String bad = rollouts.starts(BAD);
    rollouts.until(bad, "canary", RolloutUnit.State.UNIT_ACTIVATING, LONG);
    rollouts.agents.work(Duration.ofSeconds(5));
    rollouts.orders(bad, Verb.ABORT);
    rollouts.agents.work(Duration.ofMinutes(3));
    rollouts.allRun(V1);
    assertThat(rollouts.fleet.state.machines())
        .allMatch(each -> each.getCondition() == Condition.HEALTHY);
  }

  @Test
  void aSkippedUnitGoesBackToWhatItRan() {
    RolloutScenario rollouts = RolloutScenario.running();
    String second = rollouts.starts(V2);
    rollouts.until(second, "canary", RolloutUnit.State.UNIT_VERIFYING, LONG);
    rollouts.skips(second, "canary");
    rollouts.until(second, Rollout.State.COMPLETED, LONG);
    rollouts.agents.work(Duration.ofMinutes(2));
    rollouts.run(CANARY, V1).run(SU_1, V2);
    assertThat(rollouts.story(second)).endsWith("every unit but canary runs web@1.1.0");
  }

  @Test
  void aUnitThatFailedCanBeSkipped() {
    RolloutScenario rollouts =
        RolloutScenario.running(
            policy -> policy.setOnFailure(io.pilothouse.api.v1.RolloutPolicy.OnFailure.PAUSE));
    rollouts.agents.failOn(V2);
    String second = rollouts.starts(V2);
    rollouts.until(second, Rollout.State.PAUSED, LONG);
    rollouts.agents.mends(V2);
    rollouts.skips(second, "canary");
    rollouts.until(second, Rollout.State.COMPLETED, LONG).run(SU_1, V2);
    rollouts.agents.work(Duration.ofMinutes(2));
    rollouts.run(CANARY, V1);
  }

  @Test
  void aUnitStillToComeCanBeSkipped() {
    RolloutScenario rollouts = RolloutScenario.running();
    String second = rollouts.starts(V2);
    rollouts.until(second, "canary", RolloutUnit.State.UNIT_ACTIVATING, LONG);
    rollouts.skips(second, "su-1");
    rollouts.until(second, Rollout.State.COMPLETED, LONG);
    rollouts.run(CANARY, V2).run(SU_1, V1);
  }

  @Test
  void skippingTheOnlyUnitLeftEndsTheRollout() {
    RolloutScenario rollouts = RolloutScenario.running();
    String second = rollouts.starts(V2);
    rollouts.until(second, "su-1", RolloutUnit.State.UNIT_ACTIVATING, LONG);
    rollouts.skips(second, "su-1");
    rollouts.is(second, Rollout.State.COMPLETED);
    rollouts.agents.work(Duration.ofMinutes(2));
    rollouts.run(CANARY, V2).run(SU_1, V1);
  }

  @Test
  void ordersThatMakeNoSenseAreRefused() {
    RolloutScenario rollouts = RolloutScenario.running();
    assertThat(rollouts.refuses("O-9", Verb.PAUSE, "").getCode()).isEqualTo(Refusal.Code.NOT_FOUND);
    String second = rollouts.starts(V2);
    assertThat(rollouts.refuses("O-1", Verb.ROLL_BACK, "").getMessage())
        .isEqualTo("O-1 is COMPLETED: it cannot roll back now");
    assertThat(rollouts.refuses(second, Verb.RESUME, "").getMessage()).contains("cannot resume");
    assertThat(rollouts.refuses(second, Verb.SKIP, "canary").getMessage())
        .isEqualTo("O-2 is STAGING: it cannot skip a unit now");
    rollouts.orders(second, Verb.PAUSE);
    rollouts.refuses(second, Verb.PAUSE, "");
    rollouts.refuses(second, Verb.SKIP, "canary");
    rollouts.orders(second, Verb.RESUME);
    rollouts.until(second, "canary", RolloutUnit.State.UNIT_ACTIVATING, LONG);
    assertThat(rollouts.refuses(second, Verb.SKIP, "su-9").getMessage())
        .contains("no unit \"su-9\" still to come");
    rollouts.refuses(second, Verb.VERB_UNSPECIFIED, "");
    rollouts.orders(second, Verb.ROLL_BACK);
    rollouts.refuses(second, Verb.PAUSE, "");
    rollouts.refuses(second, Verb.SKIP, "su-1");
  }

  /** Which orders each state takes: pause, resume, skip, abort, roll back. */
  @ParameterizedTest
  @CsvSource({
    "STAGING,      pause -      -    abort rollback",
    "ACTIVATING,   pause -      skip abort rollback",
    "VERIFYING,    pause -      skip abort rollback",
    "SOAKING,      pause -      skip abort rollback",
    "PAUSED,       -     resume skip abort rollback",
    "ROLLING_BACK, -     -      -    abort -",
    "COMPLETED,    -     -      -    -     rollback",
    "ROLLED_BACK,  -     -      -    -     -",
    "ABORTED,      -     -      -    -     -",
  })
  void eachStateTakesTheOrdersThatMakeSenseInIt(Rollout.State state, String allowed) {
    List<Verb> verbs = List.of(Verb.PAUSE, Verb.RESUME, Verb.SKIP, Verb.ABORT, Verb.ROLL_BACK);
    List<String> words = WORDS.splitAsStream(allowed).toList();
    for (int i = 0; i < verbs.size(); i++) {
      RolloutScenario rollouts = RolloutScenario.running(policy -> policy.setSoakMs(20_000));
      String id = rollouts.reaches(V2, state);
      Command.Builder order = RolloutScenario.order(id, verbs.get(i), "su-1");
      if (words.get(i).equals("-")) {
        assertThat(rollouts.fleet.isRefused(order).getMessage())
            .as(state + " " + verbs.get(i))
            .startsWith(id + " is " + state + ": it cannot ");
      } else {
        rollouts.fleet.sends(order);
        rollouts.agents.work(Duration.ofMinutes(6));
      }
    }
  }

  @Test
  void aCompletedRolloutIsUndoneWhileNothingWentOverIt() {
    RolloutScenario rollouts = RolloutScenario.running();
    String second = rollouts.starts(V2);
    rollouts.until(second, Rollout.State.COMPLETED, LONG).allRun(V2);
    rollouts.orders(second, Verb.ROLL_BACK);
    rollouts.until(second, Rollout.State.ROLLED_BACK, LONG).allRun(V1);
    assertThat(rollouts.agents.mostAway).as("batches of the policy").isEqualTo(1);
    assertThat(rollouts.fleet.state.unitVersion("frontend", "su-1").orElseThrow().getVersion())
        .isEqualTo(V1);
  }

  @Test
  void anAbortedRollBackLeavesUnitsThatPassedWhereTheyAre() {
    RolloutScenario rollouts = RolloutScenario.running();
    String second = rollouts.starts(V2);
    rollouts.until(second, "su-1", RolloutUnit.State.UNIT_ACTIVATING, LONG);
    leavesWhatAbortFinds(rollouts, second, List.of("web-02"));
  }

  @Test
  void anAbortedUndoingLeavesMachinesWhereTheyAreUntilTheNextRollout() {
    RolloutScenario rollouts = RolloutScenario.running();
    String second = rollouts.starts(V2);
    rollouts.until(second, Rollout.State.COMPLETED, LONG);
    List<String> stay = List.of("web-02", "web-04", "web-05", "web-06", "web-07");
    leavesWhatAbortFinds(rollouts, second, stay);
    rollouts.until(rollouts.starts(V2), Rollout.State.COMPLETED, LONG).allRun(V2);
  }

  /** It goes back, and is stopped when the first machines of each unit are on their way. */
  private static void leavesWhatAbortFinds(
      RolloutScenario rollouts, String second, List<String> stay) {
    rollouts.orders(second, Verb.ROLL_BACK).orders(second, Verb.ABORT);
    assertThat(rollouts.story(second))
        .endsWith(
            "aborted: as the test asks; %s stay on web@1.1.0".formatted(String.join(", ", stay)));
    rollouts.agents.work(Duration.ofMinutes(10));
    List<String> others =
        Stream.concat(CANARY.stream(), SU_1.stream()).filter(each -> !stay.contains(each)).toList();
    rollouts.run(stay, V2).run(others, V1);
  }

  @Test
  void aMachineThatFailedAndLeftTheFleetCountsNoMore() {
    RolloutScenario rollouts = RolloutScenario.running(PAUSES);
    rollouts.agents.failOn(V2);
    String second = rollouts.starts(V2);
    rollouts.until(second, Rollout.State.PAUSED, LONG);
    rollouts.agents.mends(V2);
    rollouts.leaves("web-01");

    rollouts.orders(second, Verb.RESUME);
    rollouts.until(second, Rollout.State.COMPLETED, LONG).run(List.of("web-02"), V2);
  }

  @Test
  void aMachineThatIsHeldWhenItsRolloutGoesOnCountsNoMore() {
    RolloutScenario rollouts =
        RolloutScenario.running(PAUSES.andThen(policy -> policy.setMaxUnavailable(limit(2))));
    String second = rollouts.starts(V2);
    rollouts.until(second, "su-1", RolloutUnit.State.UNIT_ACTIVATING, LONG);
    rollouts.agents.isOff("web-03");
    rollouts.fleet.machine("web-03").losesPower();
    rollouts.until(second, Rollout.State.PAUSED, LONG);
    rollouts.fleet.machine("web-03").isHeldFor(Duration.ZERO);

    rollouts.orders(second, Verb.RESUME).until(second, Rollout.State.COMPLETED, LONG);
    assertThat(rollouts.unit(second, "su-1").getReason()).isEqualTo("4 of 4 healthy on web@1.1.0");
  }

  @Test
  void whatTellsWhereMachinesAreLeftOrGoBackToIsKeptHoweverOld() {
    RolloutScenario rollouts = RolloutScenario.running();
    String aborted = rollouts.starts(V2);
    rollouts.until(aborted, "su-1", RolloutUnit.State.UNIT_ACTIVATING, LONG);
    rollouts.orders(aborted, Verb.ABORT);
    VersionRef set = FleetScenario.version("health", "1");
    rollouts.registers(set, Thing.THING_WATCHDOG_SET);
    for (int i = 0; i < 205; i++) {
      rollouts.orders(rollouts.starts(set), Verb.ABORT);
    }

    assertThat(rollouts.fleet.state.rollouts()).hasSize(201 + 2);
    rollouts.is("O-1", Rollout.State.COMPLETED).is(aborted, Rollout.State.ABORTED);
    rollouts.agents.work(Duration.ofMinutes(2));
    rollouts.run(CANARY, V2).run(List.of("web-07"), V1);
  }

  @Test
  void ofTwoWhoStartARolloutOfOneTypeAtOnceOneIsToldOfTheOther() {
    RolloutScenario rollouts = RolloutScenario.running();
    List<Reply> replies =
        rollouts.fleet.commit(
            List.of(
                FleetScenario.request(RolloutScenario.start(V2), "operator/alice", "new").build(),
                FleetScenario.request(RolloutScenario.start(BAD), "operator/bob", "new").build()));
    assertThat(replies.get(0).getId()).isEqualTo("O-2");
    assertThat(replies.get(1).getRefusal().getMessage())
        .isEqualTo("rollout O-2 of frontend to web@1.1.0 is still STAGING");
  }

  @Test
  void everyOrderNeedsAReason() {
    RolloutScenario rollouts = RolloutScenario.running();
    String second = rollouts.starts(V2);
    var request =
        FleetScenario.request(RolloutScenario.order(second, Verb.PAUSE, ""), "operator/alice", " ");
    assertThat(rollouts.fleet.commit(List.of(request.build())).get(0).getRefusal().getMessage())
        .isEqualTo("an order to a rollout needs a reason for the audit trail");
  }
}

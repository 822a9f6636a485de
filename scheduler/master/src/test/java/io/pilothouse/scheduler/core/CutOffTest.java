package io.pilothouse.scheduler.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.OfferableMachine;
import io.pilothouse.api.v1.PullOfferableReply;
import io.pilothouse.api.v1.ReadOffersReply;
import io.pilothouse.scheduler.core.Stage.FakeAgent;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** When a scheduler should let another one lead. */
class CutOffTest {
  private static final long SECOND = 1_000;

  private final Stage stage = new Stage();
  private final List<FakeAgent> agents = new ArrayList<>();

  private void machines(int number) {
    for (int i = 0; i < number; i++) {
      is("m" + i, Condition.HEALTHY);
      FakeAgent agent = stage.new FakeAgent("m" + i, "a" + i);
      agent.register();
      agents.add(agent);
    }
    stage.pass(SECOND);
  }

  private void is(String machine, Condition condition) {
    stage.machines(
        PullOfferableReply.newBuilder()
            .addMachines(
                OfferableMachine.newBuilder()
                    .setName(machine)
                    .addAllResources(Stage.messages("cpus:4"))
                    .setOfferable(condition == Condition.HEALTHY)
                    .setLifecycle(Lifecycle.IN_SERVICE)
                    .setCondition(condition)));
  }

  private void leave(int number) {
    agents.subList(0, number).forEach(FakeAgent::detach);
    stage.pass(SECOND);
  }

  /** Those that are connected answer. */
  private void passMinutes(int minutes, int gone) {
    for (int i = 0; i < 6 * minutes; i++) {
      agents.subList(gone, agents.size()).forEach(FakeAgent::pong);
      stage.pass(10 * SECOND);
    }
  }

  @Test
  void oneThatLostManyThatAreWellIsCutOffWhenItLasts() {
    machines(16);
    leave(5);
    assertThat(stage.core.cutOff()).isEmpty();

    passMinutes(4, 5);
    assertThat(stage.core.cutOff()).as("it may pass").isEmpty();
    passMinutes(2, 5);

    assertThat(stage.core.cutOff())
        .hasValueSatisfying(
            why ->
                assertThat(why)
                    .startsWith("5 of 16 machines that the Device Manager calls HEALTHY are not"));
  }

  @Test
  void aFewOrASmallShareAreNot() {
    machines(24);
    leave(5);
    passMinutes(6, 5);

    assertThat(stage.core.cutOff()).as("a fifth").isEmpty();
  }

  @Test
  void deadMachinesAreNoReason() {
    machines(16);
    leave(8);
    for (int i = 0; i < 8; i++) {
      is("m" + i, Condition.FAILURE);
    }
    passMinutes(6, 8);

    assertThat(stage.core.cutOff()).isEmpty();
  }

  @Test
  void itIsOverWhenTheyAreBack() {
    machines(16);
    leave(8);
    passMinutes(4, 8);
    agents.forEach(FakeAgent::register);
    passMinutes(2, 0);
    leave(8);
    passMinutes(4, 8);

    assertThat(stage.core.cutOff()).as("it counts from the second time").isEmpty();
  }

  @Test
  void oneToWhichTheyNeverCameHandsNothingOn() {
    machines(16);
    Stage later = new Stage(options -> options, kept());
    for (int i = 0; i < 16; i++) {
      later.machines(
          PullOfferableReply.newBuilder()
              .addMachines(
                  OfferableMachine.newBuilder()
                      .setName("m" + i)
                      .addAllResources(Stage.messages("cpus:4"))
                      .setOfferable(true)
                      .setLifecycle(Lifecycle.IN_SERVICE)
                      .setCondition(Condition.HEALTHY)));
    }
    for (int i = 0; i < 60; i++) {
      later.pass(10 * SECOND);
    }

    assertThat(later.core.cutOff()).isEmpty();
  }

  /** All agents, as they were written down. */
  private ReadOffersReply kept() {
    ReadOffersReply.Builder kept = ReadOffersReply.newBuilder();
    for (Write each : stage.said.writes) {
      if (each instanceof Write.KeepAgent keep) {
        kept.addAgents(keep.agent());
      }
    }
    return kept.build();
  }
}

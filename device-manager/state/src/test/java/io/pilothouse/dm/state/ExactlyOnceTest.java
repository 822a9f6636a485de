package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.HoldMachine;
import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.log.v1.Reply;
import io.pilothouse.api.log.v1.Request;
import io.pilothouse.api.log.v1.UnholdMachine;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A client that repeats a request, because it did not hear the answer, has it done once. */
class ExactlyOnceTest {
  private static final Command.Builder HOLD =
      Command.newBuilder().setHoldMachine(HoldMachine.newBuilder().setMachine("web-01"));
  private static final Command.Builder UNHOLD =
      Command.newBuilder().setUnholdMachine(UnholdMachine.newBuilder().setMachine("web-01"));

  private final FleetScenario fleet = FleetScenario.expected();

  @Test
  void repeatGetsTheFirstReplyAndDoesNothing() {
    Reply first = send("alice", 1, HOLD);
    send("alice", 2, UNHOLD);
    Reply unheld = send("alice", 3, UNHOLD);
    assertThat(unheld.getRefusal().getMessage()).isEqualTo("web-01 is not held");
    send("bob", 1, HOLD);

    assertThat(send("alice", 3, UNHOLD)).as("a refusal is a reply").isEqualTo(unheld);

    assertThat(fleet.show("web-01").hasHold()).isTrue();
    assertThat(first.hasRefusal()).isFalse();
  }

  @Test
  void repeatWithinOneEntryIsDoneOnceToo() {
    Request hold = request("alice", 1, HOLD);
    List<Reply> replies = fleet.commit(List.of(hold, hold));
    assertThat(replies.get(1)).isEqualTo(replies.get(0));
    assertThat(fleet.history("web-01", "OPERATOR")).hasSize(1);
  }

  @Test
  void olderRequestIsRefused() {
    send("alice", 5, HOLD);
    Reply older = send("alice", 4, UNHOLD);
    assertThat(older.getRefusal().getCode()).isEqualTo(Refusal.Code.PRECONDITION);
    assertThat(older.getRefusal().getMessage())
        .isEqualTo("request 4 of alice is older than its last one, 5");
    assertThat(fleet.show("web-01").hasHold()).isTrue();
  }

  @Test
  void machinesAndTheLeaderHaveNoSession() {
    fleet.commit(List.of(request("", 0, HOLD)));
    assertThat(fleet.state.sessions()).isEmpty();
  }

  @Test
  void oldSessionIsForgottenAfterAnHourWhenAThousandAreNewer() {
    send("alice", 1, HOLD);
    fleet.passes(Duration.ofMillis(1));
    clientsSend(999);
    fleet.passes(Duration.ofHours(1));
    send("bob", 1, HOLD);
    assertThat(fleet.state.sessions()).hasSize(1_000);
    assertThat(fleet.state.session("alice")).isEmpty();
    assertThat(fleet.state.session("client-0")).isPresent();
  }

  @Test
  void clockThatJumpsAheadDoesNotMakeARepeatASecondWrite() {
    Reply first = send("alice", 1, HOLD);
    fleet.passes(Duration.ofDays(365));
    send("bob", 1, UNHOLD);

    assertThat(send("alice", 1, HOLD)).isEqualTo(first);

    assertThat(fleet.show("web-01").hasHold()).isFalse();
  }

  @Test
  void clusterOfAnEarlierLevelForgetsAllAfterAnHour() {
    FleetScenario old = FleetScenario.bornAt(FeatureLevel.KEPT_SESSIONS - 1);
    old.commit(List.of(request("alice", 1, HOLD)));
    old.passes(Duration.ofHours(1));
    old.commit(List.of(request("bob", 1, HOLD)));
    assertThat(old.state.session("alice")).isPresent();
    old.passes(Duration.ofMillis(1));
    old.commit(List.of(request("bob", 2, HOLD)));
    assertThat(old.state.session("alice")).isEmpty();
    assertThat(old.state.session("bob")).isPresent();
  }

  @Test
  void oldestSessionsMakeRoomForNewOnes() {
    send("first", 1, HOLD);
    fleet.passes(Duration.ofMillis(1));
    clientsSend(9_999);
    assertThat(fleet.state.sessions()).hasSize(10_000);

    send("last", 1, HOLD);

    assertThat(fleet.state.sessions()).hasSize(10_000);
    assertThat(fleet.state.session("first")).isEmpty();
    assertThat(fleet.state.session("last")).isPresent();
  }

  /** Straight into the state: thousands of requests would take their time. */
  private void clientsSend(int clients) {
    var template = fleet.state.sessions().iterator().next().toBuilder();
    for (int i = 0; i < clients; i++) {
      String id = "client-" + i;
      template.setClientId(id).setAt(fleet.now().toEpochMilli());
      fleet.putEverywhere(new Change(Table.SESSION, id, template.build()));
    }
  }

  private Reply send(String client, long sequence, Command.Builder command) {
    return fleet.commit(List.of(request(client, sequence, command))).get(0);
  }

  private static Request request(String client, long sequence, Command.Builder command) {
    return FleetScenario.request(command, "operator/" + client, "as the test asks")
        .setClientId(client)
        .setSequence(sequence)
        .build();
  }
}

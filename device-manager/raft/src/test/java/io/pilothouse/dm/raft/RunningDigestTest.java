package io.pilothouse.dm.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.log.v1.Event;
import io.pilothouse.api.v1.Lease;
import io.pilothouse.dm.state.Change;
import io.pilothouse.dm.state.State;
import io.pilothouse.dm.state.Table;
import org.junit.jupiter.api.Test;

/** The digest that follows changes. */
class RunningDigestTest {

  private static Event lease(String role, long token) {
    return Event.newBuilder().setLease(Lease.newBuilder().setRole(role).setToken(token)).build();
  }

  @Test
  void isThatOfTheStateHoweverItCameAbout() {
    State walked = new State();
    RunningDigest following = RunningDigest.following(walked);
    String empty = following.hex();
    for (int i = 0; i < 5000; i++) {
      walked.replay(lease("r-" + i % 1500, i));
    }
    walked.replay(Event.newBuilder().setSessionRemoved("nobody").build());
    State direct = new State();
    for (int i = 4999; i >= 3500; i--) {
      direct.replay(lease("r-" + i % 1500, i));
    }

    assertThat(following.hex()).isNotEqualTo(empty).hasSize(64);
    assertThat(RunningDigest.following(direct).hex()).isEqualTo(following.hex());
  }

  @Test
  void aValueOrAKeyMoreMakesAnother() {
    State state = new State();
    state.replay(lease("a", 1));
    RunningDigest digest = RunningDigest.following(state);
    String before = digest.hex();
    state.replay(lease("a", 2));
    String other = digest.hex();
    state.replay(lease("a", 1));
    assertThat(other).isNotEqualTo(before);
    assertThat(digest.hex()).isEqualTo(before);

    state.put(new Change(Table.LEASE, "b", Lease.newBuilder().setRole("b").build()));
    assertThat(digest.hex()).isNotEqualTo(before);
    state.put(new Change(Table.LEASE, "b", null));
    assertThat(digest.hex()).isEqualTo(before);
  }
}

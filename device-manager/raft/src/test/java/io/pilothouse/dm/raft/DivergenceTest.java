package io.pilothouse.dm.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.api.log.v1.Event;
import io.pilothouse.api.v1.Lease;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A replica whose state is not the others'. */
class DivergenceTest {

  private static final Tuning CHECKING =
      new Tuning(8 << 20, 20_000, 10_000, 1024, 5, Duration.ofSeconds(1));

  @TempDir private Path root;

  @Test
  void aFollowerWhoseDiskLiesStopsAndTheOthersGoOn() throws Exception {
    try (Cluster cluster = Cluster.started(root, 3, CHECKING)) {
      cluster.put("a");
      String bad = cluster.follower();
      cluster.stop(bad);
      change(cluster.dir(bad));
      Replica wrong = cluster.start(bad);

      String why = awaitEnd(cluster, wrong);

      assertThat(why).contains("the state of replica " + bad, "pilot dm replace " + bad);
      assertThat(wrong.isDivergent()).isTrue();
      assertThatThrownBy(() -> wrong.read(state -> state.meta()))
          .hasMessageContaining("this replica stops");
      cluster.stop(bad);
      cluster.put("z");
      assertThat(cluster.running()).allMatch(replica -> !replica.failure().isDone());
      assertThat(cluster.digests()).hasSize(1);
      assertThatThrownBy(() -> cluster.start(bad))
          .isInstanceOf(ReplicaStartException.class)
          .hasMessageContaining("the state of replica " + bad);
    }
  }

  @Test
  void aLeaderThatDecidesOtherwiseStopsAndAnotherLeads() throws Exception {
    try (Cluster cluster = new Cluster(root, 3, CHECKING)) {
      LeaseLedger right = new LeaseLedger();
      // alone at first, so that with either of the others it is the one to lead
      Replica wrong =
          cluster.start(
              "dm-1",
              (state, entry, index) -> {
                var applied = right.apply(state, entry, index);
                Lease forged = Lease.newBuilder().setRole("forged").setToken(1).build();
                state.replay(Event.newBuilder().setLease(forged).build());
                return applied;
              });
      cluster.start("dm-2");
      Await.until(
          "dm-1 or dm-2 leads", () -> cluster.running().stream().anyMatch(Replica::isLeader));
      cluster.start("dm-3");
      if (!wrong.isLeader()) {
        Await.get(cluster.get(cluster.leader()).membership().transfer("dm-1"));
        Await.until("dm-1 leads", wrong::isLeader);
      }

      awaitEnd(cluster, wrong);
      cluster.stop("dm-1");

      cluster.put("after");
      assertThat(cluster.digests()).hasSize(1);
      assertThat(cluster.running()).allMatch(replica -> !replica.failure().isDone());
    }
  }

  @Test
  void aRestartAndASnapshotInBetweenAreNoDifference() throws Exception {
    Tuning purging = new Tuning(64 << 10, 20, 0, 1, 5, Duration.ofSeconds(1));
    try (Cluster cluster = Cluster.started(root, 3, purging)) {
      String away = cluster.follower();
      cluster.stop(away);
      for (int i = 0; i < 60; i++) {
        Await.get(cluster.get(cluster.leader()).submit(LeaseLedger.put("r-" + i, 2000)));
      }
      cluster.start(away);
      for (int i = 0; i < 20; i++) {
        cluster.put("s-" + i);
      }
      cluster.awaitOnAll(cluster.put("last").getRevision());

      assertThat(cluster.digests()).hasSize(1);
      assertThat(cluster.running()).allMatch(replica -> !replica.failure().isDone());
    }
  }

  @Test
  void aDatabaseThatDoesNotHoldWhatWasWrittenIsNotOpened() throws Exception {
    try (Cluster cluster = Cluster.started(root, 1, CHECKING)) {
      cluster.put("a");
      cluster.stop("dm-1");
      Path db = cluster.dir("dm-1").resolve("db");
      try (Store store = Store.open(db)) {
        Event forged = Event.newBuilder().setLease(Lease.newBuilder().setRole("b")).build();
        store.write(List.of(forged), store.applied());
      }

      assertThatThrownBy(() -> cluster.start("dm-1"))
          .isInstanceOf(ReplicaStartException.class)
          .hasMessageContaining("does not hold the state that was written");
    }
  }

  /** As a fault would that no checksum notices: the note of what the state is goes along. */
  private static void change(Path dir) throws Exception {
    try (Store store = Store.open(dir.resolve("db"))) {
      Event forged = Event.newBuilder().setLease(Lease.newBuilder().setRole("forged")).build();
      store.write(List.of(forged), store.applied());
      store.writeDigest(RunningDigest.following(store.load()).hex());
    }
  }

  private static String awaitEnd(Cluster cluster, Replica wrong) throws Exception {
    for (int i = 0; i < 200 && !wrong.failure().isDone(); i++) {
      cluster.put("w-" + i);
    }
    return Await.get(wrong.failure());
  }
}

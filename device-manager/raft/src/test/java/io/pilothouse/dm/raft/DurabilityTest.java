package io.pilothouse.dm.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.pilothouse.api.log.v1.AcquireLease;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.Reply;
import io.pilothouse.api.log.v1.Request;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A cluster of one: what is on its disk when it stops, cleanly and not. */
class DurabilityTest {

  @TempDir private Path root;

  @Test
  void aRestartGivesTheSameState() throws Exception {
    try (Cluster cluster = Cluster.started(root, 1, Cluster.USUAL)) {
      for (int i = 0; i < 20; i++) {
        cluster.put("a-" + i);
      }
      long index = cluster.get("dm-1").appliedIndex();
      String digest = cluster.get("dm-1").stateDigest();
      cluster.stop("dm-1");

      Replica again = cluster.start("dm-1");

      // all of it comes from the database: Ratis has not replayed anything yet
      assertThat(again.stateDigest()).isEqualTo(digest);
      assertThat(again.appliedIndex()).isEqualTo(index);
      Reply next = cluster.put("b");
      assertThat(next.getRevision()).isGreaterThan(index);
      assertThat(again.failure()).isNotDone();
    }
  }

  @Test
  void aKilledReplicaHasAllThatItAcknowledged() throws Exception {
    Path killed = root.resolve("killed");
    Cluster cluster = Cluster.started(root.resolve("running"), 1, Cluster.USUAL);
    String digest;
    try (cluster) {
      for (int i = 0; i < 10; i++) {
        cluster.put("a-" + i);
      }
      // from here on the database on disk is behind the log
      cluster.get("dm-1").snapshot();
      for (int i = 0; i < 30; i++) {
        cluster.put("b-" + i);
      }
      digest = cluster.get("dm-1").stateDigest();
      Cluster.copy(cluster.dir("dm-1"), killed);
    }

    try (Replica again = startFrom(killed, cluster)) {
      Await.until("it leads and has replayed", again::isLeader);
      assertThat(again.stateDigest()).isEqualTo(digest);
    }
  }

  @Test
  void aKillAmidWritesKeepsWhatWasAcknowledgedBefore() throws Exception {
    Path killed = root.resolve("killed");
    List<String> acknowledged = new ArrayList<>();
    Cluster cluster = Cluster.started(root.resolve("running"), 1, Cluster.USUAL);
    try (cluster) {
      cluster.leader();
      List<CompletableFuture<Reply>> replies = new ArrayList<>();
      for (int i = 0; i < 5_000; i++) {
        replies.add(cluster.get("dm-1").submit(LeaseLedger.put("a-" + i, 200)));
      }
      Await.get(replies.get(1_000));
      for (int i = 0; i < 5_000 && replies.get(i).isDone(); i++) {
        acknowledged.add(Await.get(replies.get(i)).getId());
      }
      Cluster.copy(cluster.dir("dm-1"), killed);
    }
    assertThat(acknowledged).hasSizeGreaterThan(1_000);

    try (Replica again = startFrom(killed, cluster)) {
      Await.until("it leads and has replayed", again::isLeader);
      assertThat(
              again.<List<String>>read(
                  state ->
                      acknowledged.stream()
                          .filter(role -> !LeaseLedger.holds(state, role))
                          .toList()))
          .isEmpty();
    }
  }

  @Test
  void anEntryThatCannotBeAppliedStopsTheReplica() throws Exception {
    try (Cluster cluster = Cluster.started(root, 1, Cluster.USUAL)) {
      cluster.put("a");
      Replica replica = cluster.get("dm-1");
      CompletableFuture<String> failure = replica.failure();

      CompletableFuture<Reply> poisoned = replica.submit(LeaseLedger.put(LeaseLedger.POISON));

      assertThat(Await.get(failure))
          .contains("cannot be applied")
          .contains("an event of a kind this version does not know")
          .contains("upgrade this one");
      assertThat(Await.failure(poisoned))
          .isInstanceOf(OutcomeUnknownException.class)
          .hasMessageContaining("this replica stops: it could not apply the entry");
      assertThatThrownBy(() -> replica.read(state -> state))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("this replica stops");
    }
  }

  @Test
  void anEntryThatCannotBeAppliedWhileTheReplicaClosesLeavesNothingRunning() throws Exception {
    CompletableFuture<Thread> applying = new CompletableFuture<>();
    CompletableFuture<Void> closing = new CompletableFuture<>();
    LeaseLedger ledger = new LeaseLedger();
    Applier slow =
        (state, entry, index) -> {
          if (!entry.toString().contains("slow")) {
            return ledger.apply(state, entry, index);
          }
          applying.complete(Thread.currentThread());
          closing.join();
          ledger.apply(state, entry, index);
          throw new IllegalStateException("memory holds it, and the database will not");
        };
    try (Cluster cluster = new Cluster(root, 1, Cluster.USUAL)) {
      Replica replica = cluster.start("dm-1", slow);
      cluster.put("a");
      var unused = replica.submit(LeaseLedger.put("slow"));
      Thread updater = Await.get(applying);
      Thread close = Thread.ofVirtual().start(replica::close);
      Await.until("Ratis waits for what applies", DurabilityTest::somethingCloses);

      closing.complete(null);

      assertThat(close.join(Await.LIMIT)).isTrue();
      assertThat(updater.join(Await.LIMIT)).as("nothing applies any more").isTrue();

      Replica again = cluster.start("dm-1");
      Await.until("it leads and has replayed", again::isLeader);
      assertThat(again.<Boolean>read(state -> LeaseLedger.holds(state, "slow"))).isTrue();
    }
  }

  private static boolean somethingCloses() {
    return Thread.getAllStackTraces().values().stream()
        .flatMap(Arrays::stream)
        .anyMatch(frame -> frame.toString().contains("StateMachineUpdater.stopAndJoin"));
  }

  @Test
  void closingIsNotAFailure() throws Exception {
    Replica replica;
    try (Cluster cluster = Cluster.started(root, 1, Cluster.USUAL)) {
      cluster.put("a");
      replica = cluster.get("dm-1");
    }
    assertThat(replica.failure()).isNotDone();
    assertThat(Await.failure(replica.submit(LeaseLedger.put("b"))))
        .isInstanceOf(NotLeaderException.class);
  }

  @Test
  void theRealRulesSurviveARestart() throws Exception {
    Cluster cluster = new Cluster(root, 1, Cluster.USUAL);
    Request acquire =
        Request.newBuilder()
            .setPrincipal("satellite/repair-1")
            .setRequestId("r-1")
            .setCommand(
                Command.newBuilder()
                    .setAcquireLease(
                        AcquireLease.newBuilder()
                            .setRole("repair")
                            .setHolder("repair-1")
                            .setTtlMs(60_000)))
            .build();
    String digest;
    try (Replica replica = Replica.start(cluster.config("dm-1"), new SimpleMeterRegistry())) {
      Await.until("it leads", replica::isLeader);
      Reply reply = Await.get(replica.submit(acquire));
      assertThat(reply.getLease().getHolder()).isEqualTo("repair-1");
      digest = replica.stateDigest();
    }
    try (Replica replica = Replica.start(cluster.config("dm-1"), new SimpleMeterRegistry())) {
      assertThat(replica.stateDigest()).isEqualTo(digest);
    }
  }

  @Test
  void aReplicaMovesToOtherPorts() throws Exception {
    try (Cluster cluster = Cluster.started(root, 3, Cluster.USUAL)) {
      cluster.put("a");
    }
    try (Cluster moved = Cluster.started(root, 3, Cluster.USUAL)) {
      Reply reply = moved.put("b");
      moved.awaitOnAll(reply.getRevision());
      assertThat(moved.get("dm-2").<Boolean>read(state -> LeaseLedger.holds(state, "a"))).isTrue();
    }
  }

  private static Replica startFrom(Path dir, Cluster cluster) throws ReplicaStartException {
    List<Peer> peers = cluster.config("dm-1").peers();
    ReplicaConfig config = new ReplicaConfig("dm-1", "test", dir, peers);
    return Replica.start(config, new SimpleMeterRegistry(), new LeaseLedger(), Cluster.USUAL);
  }
}

package io.pilothouse.dm.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.log.v1.ReplicaAnswer;
import io.pilothouse.api.log.v1.ReplicaQuestion;
import io.pilothouse.api.log.v1.Reply;
import io.pilothouse.dm.state.State;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Leaders that go away. */
class FailoverTest {

  @TempDir private Path root;
  private Cluster cluster;

  @BeforeEach
  void start() throws Exception {
    cluster = Cluster.started(root, 3, Cluster.USUAL);
  }

  @AfterEach
  void stop() {
    cluster.close();
  }

  @Test
  void nothingAcknowledgedIsLostWhenTheLeaderGoes() throws Exception {
    String old = cluster.leader();
    Replica leader = cluster.get(old);
    Map<String, CompletableFuture<Reply>> requests = new ConcurrentHashMap<>();
    AtomicBoolean going = new AtomicBoolean();
    Thread writer =
        Thread.ofPlatform()
            .start(
                () -> {
                  for (int i = 0; !going.get() && i < 20_000; i++) {
                    String role = "w-" + i;
                    CompletableFuture<Reply> reply = leader.submit(LeaseLedger.put(role));
                    requests.put(role, reply);
                    if (i % 20 == 0) {
                      reply.handle((r, e) -> null).join();
                    }
                  }
                });
    Await.until("some are acknowledged", () -> acknowledged(requests).size() > 200);
    cluster.stop(old);
    going.set(true);
    writer.join(Await.LIMIT);

    Await.until(
        "every request has ended", () -> requests.values().stream().allMatch(r -> r.isDone()));
    List<String> kept = acknowledged(requests);
    requests.values().stream()
        .filter(CompletableFuture::isCompletedExceptionally)
        .forEach(r -> assertThat(r.exceptionNow()).isInstanceOf(SubmitException.class));

    Reply after = cluster.put("after");
    assertThat(cluster.leader()).isNotEqualTo(old);
    Replica next = cluster.get(cluster.leader());
    Await.get(next.linearize());
    assertThat(next.<List<String>>read(state -> missing(state, kept))).isEmpty();

    cluster.start(old);
    cluster.awaitOnAll(after.getRevision());
    assertThat(cluster.digests()).hasSize(1);
  }

  @Test
  void withoutAMajorityNothingIsAcknowledgedAndNothingIsRead() throws Exception {
    cluster.put("a");
    String leader = cluster.leader();
    for (Peer peer : cluster.config(leader).peers()) {
      if (!peer.id().equals(leader)) {
        cluster.stop(peer.id());
      }
    }
    Replica alone = cluster.get(leader);

    Throwable written = Await.failure(alone.submit(LeaseLedger.put("b")));
    assertThat(written).isInstanceOfAny(OutcomeUnknownException.class, NotLeaderException.class);
    Await.until("it steps down", () -> !alone.isLeader());
    assertThat(Await.failure(alone.linearize())).isInstanceOf(NotLeaderException.class);
    assertThat(Await.failure(alone.submit(LeaseLedger.put("c"))))
        .isInstanceOf(NotLeaderException.class);
    // what it has applied may still be read, stale
    assertThat(alone.<Boolean>read(state -> LeaseLedger.holds(state, "a"))).isTrue();
    assertThat(alone.<Boolean>read(state -> LeaseLedger.holds(state, "b"))).isFalse();
  }

  /** Heartbeats would tell after half an hour. */
  @Test
  void aLeaderWhoseProcessEndsIsNotWaitedFor() throws Exception {
    cluster.close();
    cluster =
        Cluster.started(root.resolve("patient"), 5, Cluster.USUAL.electing(Duration.ofMinutes(30)));
    cluster.put("a");
    for (int i = 0; i < 2; i++) {
      String old = cluster.leader();
      awaitKnown(old);
      awaitWatched(old);
      cluster.stop(old);
      cluster.put("after-" + i);
      assertThat(cluster.leader()).isNotEqualTo(old);
    }
    Replica last = cluster.get(cluster.leader());
    assertThat(last.<List<String>>read(state -> missing(state, List.of("a", "after-0", "after-1"))))
        .isEmpty();
  }

  /**
   * Who missed the leader's first word hears the next with an entry, or in a quarter of an hour.
   */
  private void awaitKnown(String leader) throws Exception {
    for (int i = 0; i < 50 && !isWatched(leader); i++) {
      cluster.put("known-" + leader + "-" + i);
      TimeUnit.MILLISECONDS.sleep(200);
    }
  }

  /** One replica that alone finds a leader's port closed must not unseat it. */
  @Test
  void whoReachesTheLeaderSaysSo() throws Exception {
    cluster.awaitOnAll(cluster.put("a").getRevision());
    String leader = cluster.leader();
    String follower = cluster.follower();
    Peer asked =
        cluster.config(follower).peers().stream()
            .filter(each -> each.id().equals(follower))
            .findFirst()
            .orElseThrow();
    ReplicaQuestion question =
        ReplicaQuestion.newBuilder().setTermOnly(true).setEnded(leader).build();
    try (PeerQuestions questions = new PeerQuestions(RaftNode.group("test"), Optional.empty())) {
      ReplicaAnswer alive = Await.get(questions.ask(List.of(asked), question).get(follower));
      assertThat(alive.hasEnd()).isFalse();
      awaitWatched(leader);
      assertThat(alive.getTerm()).isPositive();
      assertThat(cluster.leader()).isEqualTo(leader);
    }
  }

  private void awaitWatched(String leader) {
    Await.until("the leader is watched", () -> isWatched(leader));
  }

  private boolean isWatched(String leader) {
    return cluster.running().size() - 1
        == Stream.of("dm-1", "dm-2", "dm-3", "dm-4", "dm-5")
            .filter(id -> !id.equals(leader) && cluster.get(id) != null)
            .filter(id -> watched(id))
            .count();
  }

  private boolean watched(String id) {
    return cluster.metrics(id).get("dm.raft.leader.watched").gauge().value() == 1;
  }

  private static List<String> acknowledged(Map<String, CompletableFuture<Reply>> requests) {
    return requests.entrySet().stream()
        .filter(each -> each.getValue().isDone() && !each.getValue().isCompletedExceptionally())
        .map(Map.Entry::getKey)
        .toList();
  }

  private static List<String> missing(State state, List<String> roles) {
    return roles.stream().filter(role -> !LeaseLedger.holds(state, role)).toList();
  }
}

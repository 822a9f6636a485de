package io.pilothouse.dm.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.DistributionSummary;
import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.log.v1.Reply;
import io.pilothouse.dm.state.Applied;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Three healthy replicas. */
class ReplicationTest {

  @TempDir static Path root;
  private static Cluster cluster;

  @BeforeAll
  static void start() throws Exception {
    cluster = Cluster.started(root, 3, Cluster.USUAL);
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  @Test
  void whatTheLeaderAcknowledgesIsReadOnAll() throws Exception {
    Reply reply = cluster.put("a");

    assertThat(reply.getId()).isEqualTo("a");
    Replica leader = cluster.get(cluster.leader());
    Await.get(leader.linearize());
    assertThat(leader.<Boolean>read(state -> LeaseLedger.holds(state, "a"))).isTrue();
    cluster.awaitOnAll(reply.getRevision());
    for (Replica replica : cluster.running()) {
      assertThat(replica.<Boolean>read(state -> LeaseLedger.holds(state, "a"))).isTrue();
    }
  }

  @Test
  void timeAndEntropyAreTheSameOnAllAndFreshForEachRequest() throws Exception {
    Reply first = cluster.put("b-1");
    Reply second = cluster.put("b-2");

    assertThat(first.getLease().getHolder()).hasSize(32);
    assertThat(second.getLease().getHolder()).isNotEqualTo(first.getLease().getHolder());
    assertThat(cluster.digests()).hasSize(1);
    assertThat(cluster.get(cluster.leader()).<Long>read(state -> state.meta().getNow()))
        .isGreaterThan(0);
  }

  @Test
  void requestsThatArriveTogetherShareEntries() throws Exception {
    String id = cluster.leader();
    Replica leader = cluster.get(id);
    long before = leader.appliedIndex();

    List<CompletableFuture<Reply>> replies = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      replies.add(leader.submit(LeaseLedger.put("c-" + i)));
    }
    for (int i = 0; i < 1000; i++) {
      assertThat(Await.get(replies.get(i)).getId()).isEqualTo("c-" + i);
    }

    assertThat(leader.appliedIndex() - before).isLessThan(500);
    DistributionSummary perEntry = cluster.metrics(id).get("dm.raft.requests.per.entry").summary();
    assertThat(perEntry.max()).isGreaterThan(1).isLessThanOrEqualTo(Proposer.MAX_REQUESTS);
    assertThat(cluster.metrics(id).get("dm.raft.leader").gauge().value()).isEqualTo(1);
  }

  @Test
  void aFollowerNamesTheLeader() throws Exception {
    cluster.put("d");
    String leader = cluster.leader();
    Replica follower = cluster.get(cluster.follower());
    Await.until("the follower knows", () -> follower.leader().isPresent());

    Throwable submitted = Await.failure(follower.submit(LeaseLedger.put("d")));
    Throwable read = Await.failure(follower.linearize());

    assertThat(submitted)
        .isInstanceOfSatisfying(
            NotLeaderException.class, e -> assertThat(e.leader()).map(Peer::id).contains(leader))
        .hasMessageContaining("ask " + leader);
    assertThat(read).isInstanceOf(NotLeaderException.class);
  }

  @Test
  void aRequestThatNoEntryCanHoldIsRefused() throws Exception {
    Replica leader = cluster.get(cluster.leader());

    Reply reply = Await.get(leader.submit(LeaseLedger.put("e", Proposer.MAX_REQUEST_BYTES)));

    assertThat(reply.getRefusal().getCode()).isEqualTo(Refusal.Code.INVALID);
    assertThat(reply.getRefusal().getMessage()).contains("expected at most 4194304");
    Reply large = Await.get(leader.submit(LeaseLedger.put("e", Proposer.MAX_REQUEST_BYTES - 1000)));
    assertThat(large.hasRefusal()).isFalse();
    cluster.awaitOnAll(large.getRevision());
  }

  @Test
  void theLeaderKnowsHowFarTheOthersAre() throws Exception {
    Reply reply = cluster.put("f");
    cluster.awaitOnAll(reply.getRevision());
    String leader = cluster.leader();

    List<PeerStatus> peers = cluster.get(leader).peers();

    assertThat(peers).extracting(peer -> peer.peer().id()).containsExactly("dm-1", "dm-2", "dm-3");
    for (PeerStatus peer : peers) {
      assertThat(peer.leader()).isEqualTo(peer.peer().id().equals(leader)).isEqualTo(peer.self());
      if (!peer.self()) {
        assertThat(peer.matchIndex().orElseThrow()).isGreaterThanOrEqualTo(reply.getRevision());
        assertThat(peer.lastContact().orElseThrow()).isLessThan(Await.LIMIT);
      }
    }
  }

  @Test
  void listenersHearOfEachEntryAndOfLeadershipThatIsThereAlready() throws Exception {
    Replica leader = cluster.get(cluster.leader());
    List<Object> heard = new CopyOnWriteArrayList<>();
    leader.addListener(
        new CommitListener() {
          @Override
          public void applied(long index, Applied applied) {
            applied.replies().forEach(reply -> heard.add(reply.getId() + "@" + index));
          }

          @Override
          public void leadershipChanged(boolean isLeader) {
            heard.add(isLeader);
          }
        });

    Reply reply = cluster.put("g");

    assertThat(heard).contains(true, "g@" + reply.getRevision());
  }
}

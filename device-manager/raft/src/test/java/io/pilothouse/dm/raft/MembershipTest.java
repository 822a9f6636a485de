package io.pilothouse.dm.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Replicas that come and go. */
class MembershipTest {

  private static final Tuning PURGING = new Tuning(64 << 10, 50, 0, 1, 10, Duration.ofSeconds(1));

  @TempDir private Path root;

  @Test
  void oneReplicaGrowsToThreeAndTheFirstCanGo() throws Exception {
    try (Cluster cluster = Cluster.started(root, 1, PURGING)) {
      for (int i = 0; i < 120; i++) {
        Await.get(cluster.get(cluster.leader()).submit(LeaseLedger.put("r-" + i, 2000)));
      }
      Membership members = cluster.get("dm-1").membership();
      Await.get(members.add(new Member(cluster.join("dm-2"), 0)));
      Await.get(members.add(new Member(cluster.join("dm-3"), 0)));
      cluster.awaitOnAll(cluster.put("three").getRevision());
      assertThat(cluster.digests()).hasSize(1);
      assertThat(ids(cluster.get("dm-3"))).containsExactly("dm-1", "dm-2", "dm-3");
      // addresses come with the log, not with anybody's flags
      assertThat(cluster.get("dm-3").membership().members().get(1).peer())
          .isEqualTo(cluster.config("dm-2").self());

      // the leader hands over and names who leads now; asked again there, it is done
      assertThatThrownBy(() -> members.remove("dm-1")).isInstanceOf(NotLeaderException.class);
      Await.until(
          "another leads", () -> cluster.get("dm-2").isLeader() || cluster.get("dm-3").isLeader());
      Replica next = cluster.get(cluster.leader());
      Await.get(next.membership().remove("dm-1"));
      assertThat(Await.get(cluster.get("dm-1").failure())).contains("removed from the cluster");
      cluster.stop("dm-1");
      cluster.put("two");
      assertThat(ids(next)).containsExactly("dm-2", "dm-3");

      // after a restart the log, not --peers, says who they are
      cluster.stop("dm-3");
      cluster.start("dm-3");
      cluster.awaitOnAll(cluster.put("again").getRevision());
      assertThat(ids(cluster.get("dm-3"))).containsExactly("dm-2", "dm-3");
    }
  }

  @Test
  void aDeadReplicaIsReplacedInOneStep() throws Exception {
    try (Cluster cluster = Cluster.started(root, 3, PURGING)) {
      cluster.put("a");
      String dead = cluster.follower();
      cluster.stop(dead);
      Peer fresh = cluster.join("dm-9");
      Membership members = cluster.get(cluster.leader()).membership();

      Await.get(members.replace(dead, fresh));
      // asked again, by one who did not hear the answer
      Await.get(members.replace(dead, fresh));

      cluster.awaitOnAll(cluster.put("b").getRevision());
      assertThat(ids(cluster.get("dm-9"))).contains("dm-9").doesNotContain(dead).hasSize(3);
      assertThat(cluster.digests()).hasSize(1);
    }
  }

  @Test
  void whatWouldLoseTheMajorityIsRefused() throws Exception {
    try (Cluster cluster = Cluster.started(root, 3, Cluster.USUAL)) {
      cluster.put("a");
      String leader = cluster.leader();
      String down = cluster.follower();
      cluster.stop(down);
      Membership members = cluster.get(leader).membership();
      String other = cluster.follower();
      Await.until(
          "the leader misses it",
          () ->
              cluster.get(leader).peers().stream()
                  .anyMatch(
                      peer ->
                          peer.lastContact()
                              .filter(silence -> silence.toMillis() > 3000)
                              .isPresent()));

      assertThatThrownBy(() -> members.remove(other))
          .isInstanceOf(MembershipException.class)
          .hasMessageContaining("2 of 3 replicas are up, and 1 of the 2 that there would be");
      assertThatThrownBy(() -> members.remove("dm-7"))
          .isInstanceOf(MembershipException.class)
          .hasMessageContaining("no replica 'dm-7'; there are dm-1, dm-2, dm-3");
    }
  }

  @Test
  void oneThatDoesNotRunIsNotAdded() throws Exception {
    Tuning hasty = new Tuning(8 << 20, 20_000, 10_000, 1024, 500, Duration.ofMillis(200));
    try (Cluster cluster = Cluster.started(root, 1, hasty)) {
      cluster.put("a");
      Peer nobody =
          new Peer(
              "dm-2",
              Cluster.peers(1).get(0).raft(),
              new HostPort("127.0.0.1", 1),
              new HostPort("127.0.0.1", 2));

      assertThat(Await.failure(cluster.get("dm-1").membership().add(new Member(nobody, 0))))
          .isInstanceOf(MembershipException.class)
          .hasMessageContaining("add dm-2 did not happen");
      assertThat(ids(cluster.get("dm-1"))).containsExactly("dm-1");
      cluster.put("b");
    }
  }

  @Test
  void aLeaderThatStopsHandsOverFirst() throws Exception {
    try (Cluster cluster = Cluster.started(root, 3, Cluster.USUAL)) {
      cluster.awaitOnAll(cluster.put("a").getRevision());
      String old = cluster.leader();
      long start = System.nanoTime();

      cluster.get(old).handOver(Duration.ofSeconds(2));
      cluster.stop(old);
      cluster.put("b");

      assertThat(cluster.leader()).isNotEqualTo(old);
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
    }
  }

  @Test
  void theOneWithTheHighestPriorityLeads() throws Exception {
    try (Cluster cluster = Cluster.started(root, 3, Cluster.USUAL)) {
      cluster.awaitOnAll(cluster.put("a").getRevision());
      String first = cluster.follower();
      Await.get(cluster.get(cluster.leader()).membership().prioritise(first, 1));

      Await.until(first + " leads", () -> cluster.get(first).isLeader());

      String other = cluster.follower();
      assertThatThrownBy(() -> cluster.get(first).membership().transfer(other))
          .isInstanceOf(MembershipException.class)
          .hasMessageContaining("one with 1 would take the lead back");
    }
  }

  private static List<String> ids(Replica replica) {
    return replica.membership().members().stream().map(Member::id).toList();
  }
}

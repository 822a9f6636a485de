package io.pilothouse.dm.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.log.v1.ReplicaQuestion;
import io.pilothouse.pki.Authority;
import io.pilothouse.tls.TlsDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Replicas that prove to each other who they are. */
class RaftTlsTest {
  @TempDir Path root;

  private static TlsDirectory of(Authority authority, String principal) {
    Path place = authority.place(authority.name(principal));
    try {
      if (!Files.exists(place)) {
        authority.issue(authority.name(principal), Duration.ofDays(1), List.of(), place);
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return TlsDirectory.open(place);
  }

  private static Set<String> answering(List<Peer> peers, Optional<TlsDirectory> tls) {
    try (PeerQuestions asking = new PeerQuestions(RaftNode.group("test"), tls)) {
      return Map.copyOf(asking.askAll(peers, ReplicaQuestion.getDefaultInstance())).keySet();
    }
  }

  @Test
  void aTrioElectsAndCommitsAndRenewsItsCertificatesWhileStrangersStayOutside() throws Exception {
    Authority authority = Authority.create(root.resolve("ca"), "test", Duration.ofDays(1));
    try (Cluster cluster =
        new Cluster(
            root.resolve("data"),
            "test",
            3,
            Cluster.USUAL,
            id -> Optional.of(of(authority, "dm/" + id)))) {
      for (String id : List.of("dm-1", "dm-2", "dm-3")) {
        cluster.start(id);
      }
      var first = cluster.put("first");
      assertThat(first.hasRefusal()).isFalse();

      List<Peer> peers = new ArrayList<>(cluster.config("dm-1").peers());
      Await.until(
          "all three answer a replica, so that the next lines mean something",
          () ->
              answering(peers, Optional.of(of(authority, "dm/dm-1")))
                  .equals(Set.of("dm-1", "dm-2", "dm-3")));
      assertThat(answering(peers, Optional.of(of(authority, "machine/web-03")))).isEmpty();
      assertThat(answering(peers, Optional.of(of(authority, "operator/alice")))).isEmpty();
      assertThat(answering(peers, Optional.empty())).isEmpty();
      Authority other = Authority.create(root.resolve("other"), "test", Duration.ofDays(1));
      assertThat(answering(peers, Optional.of(of(other, "dm/dm-1")))).isEmpty();

      String follower = cluster.follower();
      authority.renew(authority.dir().resolve("dm").resolve(follower), Duration.ofDays(2));
      cluster.stop(follower);
      cluster.start(follower);
      var second = cluster.put("second");
      assertThat(second.hasRefusal()).isFalse();
      Await.until(
          "the renewed replica follows",
          () ->
              cluster.get(follower).appliedIndex() >= cluster.get(cluster.leader()).appliedIndex());
    }
  }
}

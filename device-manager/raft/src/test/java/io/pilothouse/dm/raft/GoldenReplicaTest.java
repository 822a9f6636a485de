package io.pilothouse.dm.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.pilothouse.api.v1.AuditRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a replica of each release left on its disk is read by this one. */
class GoldenReplicaTest {

  /** They are kept for ever. */
  private static final long MOST_BYTES = 200_000;

  @TempDir private Path root;

  private static List<Path> releases() throws IOException {
    return GoldenReplica.releases();
  }

  @ParameterizedTest
  @MethodSource("releases")
  void aSnapshotHoldsTheStateThatItHeldThere(Path release) throws Exception {
    Map<String, String> expected = GoldenReplica.expected(release);
    Path db = GoldenReplica.unzip(release.resolve(GoldenReplica.SNAPSHOT), root.resolve("db"));

    StoredState stored = StoredState.read(db);

    assertThat(stored.index()).isEqualTo(Long.parseLong(expected.get("snapshot.index")));
    assertThat(StateDigest.of(stored.state())).isEqualTo(expected.get("snapshot.digest"));
    try (Store store = Store.open(db)) {
      assertThat(StateDigest.of(store.load())).isEqualTo(expected.get("snapshot.digest"));
    }
  }

  @ParameterizedTest
  @MethodSource("releases")
  void aReplicaGoesOnFromADirectoryThatItLeft(Path release) throws Exception {
    Map<String, String> expected = GoldenReplica.expected(release);
    int writes = Integer.parseInt(expected.get("replica.writes"));
    Path dir = GoldenReplica.unzip(release.resolve(GoldenReplica.REPLICA), root.resolve("dm-1"));
    ReplicaConfig config = new ReplicaConfig("dm-1", GoldenReplica.CLUSTER, dir, Cluster.peers(1));

    try (Replica replica = Replica.start(config, new SimpleMeterRegistry())) {
      Await.until("dm-1 leads", replica::isLeader);
      assertThat(replica.stateDigest()).isEqualTo(expected.get("replica.digest"));

      // a repeat of the last write gets its first answer
      long done = Await.get(replica.submit(Build.write(writes))).getRevision();
      assertThat(Await.get(replica.submit(Build.write(writes + 1))).getRevision())
          .isGreaterThan(done);
      List<String> reasons =
          replica.read(state -> state.audit().stream().map(AuditRecord::getReason).toList());
      assertThat(reasons).hasSize(writes + 1).doesNotHaveDuplicates();
    }
  }

  @Test
  void theyAreSmall() throws IOException {
    for (Path release : GoldenReplica.releases()) {
      try (Stream<Path> files = Files.list(release)) {
        long bytes = 0;
        for (Path each : files.toList()) {
          bytes += Files.size(each);
        }
        assertThat(bytes).as(release.toString()).isLessThan(MOST_BYTES);
      }
    }
  }
}

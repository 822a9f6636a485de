package io.pilothouse.dm.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.log.v1.Reply;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Snapshots that let the log go, and bring a replica back that has lost its own. */
class SnapshotTest {

  /** Small files, purged at once. */
  private static final Tuning PURGING = new Tuning(64 << 10, 100, 0, 1, 500, Duration.ofSeconds(1));

  @TempDir private Path root;

  @Test
  void anEmptiedReplicaComesBackAfterAChangeOfLeader() throws Exception {
    try (Cluster cluster = Cluster.started(root, 3, PURGING)) {
      String lost = cluster.follower();
      fill(cluster, 0);
      cluster.stop(lost);
      DataFiles.deleteTree(cluster.dir(lost));
      fill(cluster, 1);
      String leader = cluster.leader();
      Await.until("the log's beginning is gone", () -> firstLogIndex(cluster.dir(leader)) > 0);
      // the leader still believes what the lost replica once held: only another one asks anew
      cluster.stop(leader);
      cluster.start(leader);
      Reply last = cluster.put("last");

      cluster.start(lost);

      cluster.awaitOnAll(last.getRevision());
      assertThat(cluster.digests()).hasSize(1);
      assertThat(firstLogIndex(cluster.dir(lost))).isGreaterThan(0);
      assertThat(cluster.metrics(lost).get("dm.raft.snapshots.installed").counter().count())
          .isEqualTo(1);

      // and what it was sent survives a restart
      cluster.stop(lost);
      cluster.start(lost);
      cluster.awaitOnAll(cluster.put("more").getRevision());
      assertThat(cluster.digests()).hasSize(1);
    }
  }

  @Test
  void snapshotsAreFewAndARestartBehindThemLosesNothing() throws Exception {
    try (Cluster cluster = Cluster.started(root, 1, PURGING)) {
      fill(cluster, 0);
      fill(cluster, 1);
      Await.until("purged", () -> firstLogIndex(cluster.dir("dm-1")) > 0);
      String digest = cluster.get("dm-1").stateDigest();
      Path killed = root.resolve("killed");
      Cluster.copy(cluster.dir("dm-1"), killed);
      assertThat(snapshots(killed)).hasSizeBetween(1, 2);
      cluster.stop("dm-1");
      DataFiles.deleteTree(cluster.dir("dm-1"));
      Files.move(killed, cluster.dir("dm-1"));

      Replica again = cluster.start("dm-1");

      Await.until("it leads and has replayed", again::isLeader);
      assertThat(again.stateDigest()).isEqualTo(digest);
    }
  }

  @Test
  void eachStartTakesASnapshotYetFewAreKept() throws Exception {
    try (Cluster cluster = new Cluster(root, 1, Cluster.USUAL)) {
      for (int i = 0; i < 4; i++) {
        cluster.start("dm-1");
        cluster.put("a-" + i);
        cluster.stop("dm-1");
      }
      assertThat(snapshots(cluster.dir("dm-1"))).hasSize(RaftSettings.SNAPSHOTS_KEPT);
    }
  }

  @Test
  void aDatabaseThatIsLostComesBackFromSnapshotAndLog() throws Exception {
    try (Cluster cluster = Cluster.started(root, 1, PURGING)) {
      fill(cluster, 0);
      cluster.put("last");
      String digest = cluster.get("dm-1").stateDigest();
      cluster.stop("dm-1");
      DataFiles.deleteTree(cluster.dir("dm-1").resolve("db"));

      Replica again = cluster.start("dm-1");

      Await.until("it leads and has replayed", again::isLeader);
      assertThat(again.stateDigest()).isEqualTo(digest);
    }
  }

  /** Enough entries for snapshots, and of a size for several log files. */
  private static void fill(Cluster cluster, int round) throws Exception {
    for (int i = 0; i < 150; i++) {
      Replica leader = cluster.get(cluster.leader());
      Await.get(leader.submit(LeaseLedger.put("r-" + round + "-" + i, 2000)));
    }
  }

  private static List<Path> snapshots(Path dir) throws Exception {
    try (Stream<Path> files = Files.walk(dir.resolve("raft"))) {
      return files.filter(file -> file.getFileName().toString().startsWith("snapshot.")).toList();
    }
  }

  /** Log files are named {@code log_FIRST-LAST} or {@code log_inprogress_FIRST}. */
  private static long firstLogIndex(Path dir) {
    try (Stream<Path> files = Files.walk(dir.resolve("raft"))) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.startsWith("log_"))
          .map(name -> name.replace("log_inprogress_", "").replace("log_", "").split("-", 2)[0])
          .mapToLong(Long::parseLong)
          .min()
          .orElse(-1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

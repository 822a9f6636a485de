package io.pilothouse.dm.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.log.v1.Reply;
import io.pilothouse.api.log.v1.Request;
import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.dm.state.FeatureLevel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Replicas of two ranges of feature levels in one cluster, and the way from one to the other and
 * back. Both are of this build ({@link Build}); what another one would decide otherwise is not seen
 * here, but by the golden logs.
 */
class UpgradeTest {

  private static final int BEFORE = Build.OLD.levels().max();
  private static final int NEWEST = Build.NEW.levels().max();
  private static final String TOO_NEW = "feature level %s is in force".formatted(NEWEST);

  @TempDir private Path root;

  @Test
  void replicaByReplicaUnderWritesAndBackUntilItIsFinalised() throws Exception {
    try (Cluster cluster = new Cluster(root, 3, Cluster.USUAL)) {
      for (int i = 1; i <= 3; i++) {
        cluster.start("dm-" + i, Build.OLD);
      }
      // at the old one's level, as it is the first to write
      decide(cluster, Build.write(1));
      Writer writer = new Writer(cluster);
      try {
        restart(cluster, "dm-1", Build.NEW);
        restart(cluster, "dm-2", Build.NEW);
        // it works no better, so back with one of them
        restart(cluster, "dm-1", Build.OLD);
        restart(cluster, "dm-1", Build.NEW);
        allAnswer(cluster);
        Refusal refusal = decide(cluster, Build.raise(NEWEST)).getRefusal();
        assertThat(refusal.getMessage())
            .isEqualTo(
                "replica dm-3 runs development, which applies feature levels up to %s, not %s"
                    .formatted(BEFORE, NEWEST));
        assertThat(refusal.getRemedy()).contains("upgrade dm-3 first");
        cluster.stop("dm-3");
        refusal = decide(cluster, Build.raise(NEWEST)).getRefusal();
        assertThat(refusal.getMessage()).as("it could be any").contains("dm-3 does not answer");
        assertThat(refusal.getRemedy()).contains("pilot dm remove dm-3");
        cluster.start("dm-3", Build.NEW);
        allAnswer(cluster);
        assertThat(decide(cluster, Build.raise(NEWEST + 1)).getRefusal().getMessage())
            .contains("up to " + NEWEST);
        assertThat(levels(cluster)).containsOnly(BEFORE);

        assertThat(decide(cluster, Build.raise(NEWEST)).hasRefusal()).isFalse();
      } finally {
        writer.stop();
      }

      assertThat(writer.acknowledged()).as("writes").isGreaterThan(20);
      cluster.awaitOnAll(decide(cluster, Build.write(1_000_000)).getRevision());
      assertThat(levels(cluster)).containsOnly(NEWEST);
      assertThat(cluster.digests()).hasSize(1);
      assertThat(writer.lost(cluster)).isEmpty();
      assertThat(cluster.running()).noneMatch(replica -> replica.failure().isDone());

      cluster.stop("dm-1");
      assertThatThrownBy(() -> cluster.start("dm-1", Build.OLD))
          .isInstanceOfSatisfying(
              ReplicaStartException.class, e -> assertThat(e.isOutdated()).isTrue())
          .hasMessageContaining(cluster.dir("dm-1").toString())
          .hasMessageContaining(TOO_NEW + ", and this build applies " + Build.OLD.levels())
          .hasMessageContaining("start a build that knows level " + NEWEST);
    }
  }

  @Test
  void anOldBuildStopsAtTheEntryThatRaisesTheLevelEachTime() throws Exception {
    try (Cluster cluster = new Cluster(root, 1, Cluster.USUAL)) {
      cluster.start("dm-1", Build.OLD);
      decide(cluster, Build.write(1));
      restart(cluster, "dm-1", Build.NEW);
      decide(cluster, Build.raise(NEWEST));
      decide(cluster, Build.write(2));
      // as after kill -9: the database is from before, the log has it
      Path killed = root.resolve("killed");
      Cluster.copy(cluster.dir("dm-1"), killed);
      cluster.stop("dm-1");
      DataFiles.deleteTree(cluster.dir("dm-1"));
      Files.move(killed, cluster.dir("dm-1"));

      for (int attempt = 0; attempt < 2; attempt++) {
        Replica old = cluster.start("dm-1", Build.OLD);
        assertThat(Await.get(old.failure()))
            .startsWith("entry ")
            .contains(TOO_NEW + ", and this build applies " + Build.OLD.levels());
        assertThat(old.isOutdated()).isTrue();
        assertThat(old.isDivergent()).isFalse();
        assertThatThrownBy(() -> old.read(state -> state.meta()))
            .hasMessageContaining("this replica stops");
        cluster.stop("dm-1");
      }

      Replica upgraded = cluster.start("dm-1", Build.NEW);
      decide(cluster, Build.write(3));
      assertThat(upgraded.<Integer>read(FeatureLevel::of)).isEqualTo(NEWEST);
      assertThat(reasons(upgraded)).contains("write-1", "write-2", "write-3");
    }
  }

  @Test
  void aNewClusterBeginsWithTheNewestRulesAndAnOldBuildThatJoinsStops() throws Exception {
    try (Cluster cluster = new Cluster(root, 1, Cluster.USUAL)) {
      cluster.start("dm-1", Build.NEW);
      assertThat(decide(cluster, Build.ofTheNewestLevel()).getRefusal().getMessage()).isEmpty();
      assertThat(levels(cluster)).containsOnly(NEWEST);

      Peer joining = cluster.join("dm-2", Build.OLD);
      // what becomes of the change is Ratis' to say; the replica itself is looked at
      var unused = cluster.get("dm-1").membership().add(new Member(joining, 0));
      assertThat(Await.get(cluster.get("dm-2").failure())).contains(TOO_NEW);
      assertThat(cluster.get("dm-2").isOutdated()).isTrue();
      assertThatThrownBy(() -> cluster.get("dm-2").read(state -> state.meta()))
          .hasMessageContaining("this replica stops");
    }
  }

  @Test
  void aBackupOfALaterLevelIsNotRestoredByAnOldBuild() throws Exception {
    Path backup = root.resolve("backup");
    try (Cluster cluster = new Cluster(root.resolve("old"), 1, Cluster.USUAL)) {
      cluster.start("dm-1", Build.NEW);
      decide(cluster, Build.write(1));
      assertThat(RestoreTest.fetch(cluster.get("dm-1").backups(), backup).featureLevel())
          .isEqualTo(NEWEST);
    }

    assertThatThrownBy(
            () ->
                Restore.prepare(backup, root.resolve("set"), "other", Optional.empty(), Build.OLD))
        .hasMessageContaining(backup.resolve(BackupManifest.NAME).toString())
        .hasMessageContaining(TOO_NEW);
    assertThat(root.resolve("set")).doesNotExist();
    assertThat(
            Restore.prepare(backup, root.resolve("set"), "other", Optional.empty(), Build.NEW)
                .featureLevel())
        .isEqualTo(NEWEST);
  }

  /** As an operator does: the process hands over before it ends. */
  private static void restart(Cluster cluster, String id, Build build) throws Exception {
    cluster.get(id).handOver(Duration.ofSeconds(2));
    cluster.stop(id);
    Replica replica = cluster.start(id, build);
    long now = cluster.get(cluster.leader()).appliedIndex();
    Await.until(id + " to catch up", () -> replica.appliedIndex() >= now);
  }

  /** One that has just started may be late for the first question. */
  private static void allAnswer(Cluster cluster) {
    Await.until(
        "all replicas to say what they apply",
        () -> cluster.get(cluster.leader()).commonLevel().silent().isEmpty());
  }

  private static List<Integer> levels(Cluster cluster) {
    return cluster.running().stream().map(each -> each.<Integer>read(FeatureLevel::of)).toList();
  }

  private static List<String> reasons(Replica replica) {
    return replica.read(state -> state.audit().stream().map(AuditRecord::getReason).toList());
  }

  /** By whoever leads, again when that changes, until it is known what was decided. */
  private static Reply decide(Cluster cluster, Request request) throws InterruptedException {
    while (true) {
      try {
        return Await.get(cluster.get(cluster.leader()).submit(request));
      } catch (ExecutionException e) {
        if (!(e.getCause() instanceof SubmitException)) {
          throw new AssertionError(e);
        }
      }
    }
  }

  /** A client that writes without a pause, and again what may not have been done. */
  private static final class Writer {
    private final List<Long> acknowledged = new ArrayList<>();
    private final AtomicBoolean enough = new AtomicBoolean();
    private final Thread thread;

    Writer(Cluster cluster) {
      thread = Thread.ofPlatform().start(() -> write(cluster));
    }

    private void write(Cluster cluster) {
      try {
        for (long number = 2; !enough.get() && number < 100_000; number++) {
          if (isAcknowledged(cluster, Build.write(number))) {
            acknowledged.add(number);
          }
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    /** The test stops replicas meanwhile; then there may be none to ask for a moment. */
    private boolean isAcknowledged(Cluster cluster, Request request) throws InterruptedException {
      while (!enough.get()) {
        for (Replica replica : List.copyOf(cluster.running())) {
          if (!replica.isLeader()) {
            continue;
          }
          try {
            return !Await.get(replica.submit(request)).hasRefusal();
          } catch (ExecutionException e) {
            if (!(e.getCause() instanceof SubmitException)) {
              throw new AssertionError(e);
            }
          }
        }
        LockSupport.parkNanos(1_000_000);
      }
      return false;
    }

    void stop() throws InterruptedException {
      enough.set(true);
      thread.join(Await.LIMIT);
    }

    int acknowledged() {
      return acknowledged.size();
    }

    /** Acknowledged writes that are not in the trail exactly once. */
    List<String> lost(Cluster cluster) {
      List<String> reasons = reasons(cluster.running().iterator().next());
      return acknowledged.stream()
          .map(number -> "write-" + number)
          .filter(each -> reasons.stream().filter(each::equals).count() != 1)
          .toList();
    }
  }
}

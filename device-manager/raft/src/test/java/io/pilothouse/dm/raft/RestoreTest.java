package io.pilothouse.dm.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The drill: a backup while writes go on, all replicas lost, a new cluster from it. */
class RestoreTest {

  @TempDir private Path root;

  @Test
  void aNewClusterGoesOnFromABackup() throws Exception {
    Path backup = root.resolve("backup");
    BackupManifest taken;
    try (Cluster old = Cluster.started(root.resolve("old"), 3, Cluster.USUAL)) {
      old.awaitOnAll(old.put("before").getRevision());
      AtomicBoolean enough = new AtomicBoolean();
      Thread writer =
          Thread.ofPlatform()
              .start(
                  () -> {
                    for (int i = 0; !enough.get() && i < 100_000; i++) {
                      try {
                        old.put("w-" + i % 50);
                      } catch (InterruptedException e) {
                        return;
                      }
                    }
                  });
      try {
        taken = fetch(old.get(old.follower()).backups(), backup);
      } finally {
        enough.set(true);
        writer.join(Await.LIMIT);
      }
      old.put("after");
      DataFiles.deleteTree(root.resolve("nothing"));
    }
    DataFiles.deleteTree(root.resolve("old"));
    Path set = root.resolve("set");
    BackupManifest made = Restore.prepare(backup, set, "renewed", Optional.empty());
    assertThat(made.index()).isGreaterThanOrEqualTo(taken.index() + Restore.AHEAD);

    try (Cluster renewed = new Cluster(root.resolve("new"), "renewed", 3, Cluster.USUAL)) {
      renewed.originate(new Origin.Restored(set));
      for (int i = 1; i <= 3; i++) {
        renewed.start("dm-" + i);
      }
      long revision = renewed.put("more").getRevision();
      assertThat(revision).isGreaterThan(made.index());
      renewed.awaitOnAll(revision);
      assertThat(renewed.digests()).hasSize(1);
      Replica leader = renewed.get(renewed.leader());
      assertThat(leader.<Boolean>read(state -> LeaseLedger.holds(state, "before"))).isTrue();
      assertThat(leader.<Boolean>read(state -> LeaseLedger.holds(state, "after"))).isFalse();
      assertThat(leader.<Long>read(state -> state.meta().getNextToken()))
          .isGreaterThanOrEqualTo(Restore.AHEAD);
      assertThat(leader.<Long>read(state -> state.meta().getNextRepair())).isEqualTo(100_000);

      // each goes on from its own directory, whatever the flag still says
      renewed.stop("dm-2");
      renewed.start("dm-2");
      renewed.awaitOnAll(renewed.put("again").getRevision());
      assertThat(renewed.digests()).hasSize(1);
    }
  }

  @Test
  void aFirstStartThatFailsCanBeMadeAgainAlsoFromAnotherSet() throws Exception {
    Path backup = backupWithA();
    Path one = root.resolve("one");
    Path other = root.resolve("other");
    Restore.prepare(backup, one, "renewed", Optional.empty());
    BackupManifest made = Restore.prepare(backup, other, "renewed", Optional.empty());

    try (Cluster renewed = new Cluster(root.resolve("new"), "renewed", 1, Cluster.USUAL)) {
      renewed.originate(new Origin.Restored(one));
      int port = renewed.config("dm-1").self().raft().port();
      try (ServerSocket taken = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        assertThat(taken.isBound()).isTrue();
        for (int attempt = 0; attempt < 2; attempt++) {
          assertThatThrownBy(() -> renewed.start("dm-1"))
              .isInstanceOf(ReplicaStartException.class)
              .hasMessageContaining(port + " is in use");
        }
      }
      renewed.originate(new Origin.Seed());
      assertThatThrownBy(() -> renewed.start("dm-1"))
          .isInstanceOf(ReplicaStartException.class)
          .hasMessageContaining("give --restore again");

      renewed.originate(new Origin.Restored(other));
      renewed.start("dm-1");
      assertThat(renewed.put("b").getRevision()).isGreaterThan(made.index());
      assertThat(renewed.get("dm-1").<Boolean>read(state -> LeaseLedger.holds(state, "a")))
          .isTrue();

      // it has begun: what it lost now is not made good by the set
      renewed.stop("dm-1");
      DataFiles.deleteTree(renewed.dir("dm-1").resolve("raft"));
      assertThatThrownBy(() -> renewed.start("dm-1"))
          .isInstanceOf(ReplicaStartException.class)
          .hasMessageContaining("has lost raft/");
    }
  }

  @Test
  void aRestoredStateIsTheBackupsAtItsIndex() throws Exception {
    Path backup = root.resolve("backup");
    String digest;
    try (Cluster old = Cluster.started(root.resolve("old"), 1, Cluster.USUAL)) {
      old.put("a");
      BackupManifest taken = fetch(old.get("dm-1").backups(), backup);
      digest = old.get("dm-1").stateDigest();
      assertThat(taken.index()).isEqualTo(old.get("dm-1").appliedIndex());
    }
    try (Store store = Store.open(backup.resolve(BackupManifest.DB))) {
      assertThat(StateDigest.of(store.load())).isEqualTo(digest);
    }
  }

  @Test
  void theRecordBringsWhatWasDecidedAfterABackupUpToAPoint() throws Exception {
    Path backup = root.resolve("backup");
    long until;
    try (Cluster old = Cluster.started(root.resolve("old"), 1, Cluster.USUAL)) {
      old.put("a");
      fetch(old.get("dm-1").backups(), backup);
      until = old.put("b").getRevision();
      old.put("c");
    }
    Path record = root.resolve("old").resolve("dm-1").resolve("record");
    RecordReplay later = new RecordReplay(record, until, Long.MAX_VALUE);

    BackupManifest made =
        Restore.prepare(
            backup, root.resolve("set"), "renewed", Optional.of(later), new LeaseLedger());

    assertThat(made.index()).isGreaterThanOrEqualTo(until + Restore.AHEAD);
    StoredState stored = StoredState.read(root.resolve("set"));
    assertThat(LeaseLedger.holds(stored.state(), "b")).isTrue();
    assertThat(LeaseLedger.holds(stored.state(), "c")).isFalse();

    // a record that begins later cannot say what lies between
    try (Stream<Path> segments = Files.list(record)) {
      for (Path each : segments.toList()) {
        Files.delete(each);
      }
    }
    assertThatThrownBy(
            () -> Restore.prepare(backup, root.resolve("two"), "renewed", Optional.of(later)))
        .hasMessageContaining("holds no segments of a record");
    assertThat(root.resolve("two")).doesNotExist();
  }

  @Test
  void aDamagedBackupIsNotRestored() throws Exception {
    Path backup = backupWithA();
    Path table;
    try (var files = Files.list(backup.resolve(BackupManifest.DB))) {
      table = files.filter(file -> file.toString().endsWith(".sst")).findFirst().orElseThrow();
    }
    try (FileChannel file =
        FileChannel.open(table, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      ByteBuffer one = ByteBuffer.allocate(1);
      file.read(one, 10);
      one.put(0, (byte) (one.get(0) ^ 1)).rewind();
      file.write(one, 10);
    }

    assertThatThrownBy(
            () -> Restore.prepare(backup, root.resolve("set"), "renewed", Optional.empty()))
        .hasMessageContaining(table + " is damaged");
    assertThat(root.resolve("set")).doesNotExist();
  }

  @Test
  void aBackupIsNotStartedFromAndNotUnderItsOwnName() throws Exception {
    Path backup = backupWithA();

    assertThatThrownBy(() -> Restore.prepare(backup, root.resolve("set"), "test", Optional.empty()))
        .hasMessageContaining("cannot be called 'test'");
    try (Cluster renewed = new Cluster(root.resolve("new"), "renewed", 1, Cluster.USUAL)) {
      renewed.originate(new Origin.Restored(backup));
      assertThatThrownBy(() -> renewed.start("dm-1"))
          .isInstanceOf(ReplicaStartException.class)
          .hasMessageContaining("pilot dm restore");
      Restore.prepare(backup, root.resolve("set"), "other", Optional.empty());
      renewed.originate(new Origin.Restored(root.resolve("set")));
      assertThatThrownBy(() -> renewed.start("dm-1"))
          .isInstanceOf(ReplicaStartException.class)
          .hasMessageContaining("--cluster other");
    }
  }

  /** As a client does: piece by piece, and the manifest last. */
  private Path backupWithA() throws Exception {
    Path backup = root.resolve("backup");
    try (Cluster old = Cluster.started(root.resolve("old"), 1, Cluster.USUAL)) {
      old.put("a");
      fetch(old.get("dm-1").backups(), backup);
    }
    return backup;
  }

  static BackupManifest fetch(Backups backups, Path to) throws Exception {
    Backups.Begun begun = backups.begin().orElseThrow();
    Path db = Files.createDirectories(to.resolve(BackupManifest.DB));
    for (BackupManifest.Item each : begun.manifest().files()) {
      try (FileChannel out =
          FileChannel.open(
              db.resolve(each.name()), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
        for (long at = 0; at < each.size(); at = out.position()) {
          out.write(backups.read(begun.id(), each.name(), at, 1000).orElseThrow());
        }
      }
    }
    Files.writeString(to.resolve(BackupManifest.NAME), begun.manifest().text());
    backups.end(begun.id());
    assertThat(backups.read(begun.id(), "CURRENT", 0, 1)).isEmpty();
    return begun.manifest();
  }
}

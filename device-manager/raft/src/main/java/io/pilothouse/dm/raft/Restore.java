package io.pilothouse.dm.raft;

import io.pilothouse.api.log.v1.Event;
import io.pilothouse.api.log.v1.Meta;
import io.pilothouse.api.v1.Lease;
import io.pilothouse.dm.state.Apply;
import io.pilothouse.dm.state.FeatureLevel;
import io.pilothouse.dm.state.Levels;
import io.pilothouse.dm.state.Schema;
import io.pilothouse.dm.state.State;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.ratis.server.protocol.TermIndex;

/**
 * Makes a new cluster's first state from a backup. The new one has another name, so the old
 * replicas can never talk to it; its revisions and fencing tokens begin far above all that the old
 * one can have given out since the backup, so that nobody who remembers those waits for ever or is
 * taken for the newer one; its leases are over. Machines keep their keys, and clients' writes stay
 * done once.
 */
public final class Restore {

  /** A cluster that decides 10,000 times a second for a day stays below it. */
  public static final long AHEAD = 1_000_000_000L;

  private static final long NUMBERS = 100_000;

  /** Of the new cluster's first leader; to Ratis a replica at term 0 has no log at all. */
  private static final long FIRST_TERM = 1;

  private Restore() {}

  /**
   * Makes {@code target}, which {@code device-manager --restore} takes.
   *
   * @param cluster the new cluster's name
   * @param later what was decided after the backup, when it is wanted
   * @throws IOException when the backup is damaged, with what is wrong with it
   */
  public static BackupManifest prepare(
      Path backup, Path target, String cluster, Optional<RecordReplay> later) throws IOException {
    Apply apply = new Apply();
    return prepare(backup, target, cluster, later, apply::apply);
  }

  static BackupManifest prepare(
      Path backup, Path target, String cluster, Optional<RecordReplay> later, Applier applier)
      throws IOException {
    ReplicaConfig.requireName("cluster name", cluster);
    BackupManifest from = BackupManifest.read(backup);
    requireLevel(backup, from, applier.levels());
    requireWhole(backup, from);
    if (from.cluster().equals(cluster)) {
      throw new IOException(
          ("the new cluster cannot be called '%s' as the old one: its replicas could not be told"
                  + " from those of the old one; choose another --cluster")
              .formatted(cluster));
    }
    if (!DataFiles.isEmpty(target)) {
      throw new IOException(target + " is not empty; choose a new directory");
    }
    Path unfinished = target.resolveSibling(target.getFileName() + ".unfinished");
    DataFiles.deleteTree(unfinished);
    Files.createDirectories(unfinished);
    Path db = unfinished.resolve(BackupManifest.DB);
    copy(backup, from, db);
    Renewed renewed = renew(db, from, cluster, later, applier);
    BackupManifest made =
        new BackupManifest(
            BackupManifest.RESTORE,
            cluster,
            from.replica(),
            FIRST_TERM,
            renewed.index(),
            renewed.at(),
            renewed.digest(),
            Schema.fingerprint(),
            PeerVitals.VERSION,
            renewed.level(),
            BackupManifest.items(db));
    for (BackupManifest.Item each : made.files()) {
      DataFiles.sync(db.resolve(each.name()));
    }
    DataFiles.sync(db);
    DataFiles.write(unfinished.resolve(BackupManifest.NAME), made.text());
    Files.deleteIfExists(target);
    Files.move(unfinished, target);
    DataFiles.sync(target.toAbsolutePath().getParent());
    return made;
  }

  /** The database of a replica that starts for the first time. */
  static void seed(Path dir, String cluster, Path db) throws IOException, ReplicaStartException {
    BackupManifest made;
    try {
      made = BackupManifest.read(dir);
      requireWhole(dir, made);
    } catch (IOException e) {
      throw new ReplicaStartException("--restore %s: %s".formatted(dir, e.getMessage()), e);
    }
    if (!made.kind().equals(BackupManifest.RESTORE)) {
      throw new ReplicaStartException(
          ("%s is a backup of cluster %s, which may still run; make a new cluster of it first:"
                  + " `pilot dm restore %s DIR --cluster NAME`")
              .formatted(dir, made.cluster(), dir));
    }
    if (!made.cluster().equals(cluster)) {
      throw new ReplicaStartException(
          "%s was made for cluster '%s'; start with --cluster %s"
              .formatted(dir, made.cluster(), made.cluster()));
    }
    Path fresh = db.resolveSibling(db.getFileName() + ".new");
    DataFiles.deleteTree(fresh);
    copy(dir, made, fresh);
    for (BackupManifest.Item each : made.files()) {
      DataFiles.sync(fresh.resolve(each.name()));
    }
    DataFiles.sync(fresh);
    DataFiles.deleteTree(db);
    Files.move(fresh, db);
    DataFiles.sync(db.toAbsolutePath().getParent());
  }

  /** The state says it once more; here before gigabytes are hashed and copied. */
  private static void requireLevel(Path dir, BackupManifest manifest, Levels levels)
      throws IOException {
    int level = Math.clamp(manifest.featureLevel(), FeatureLevel.FIRST, Integer.MAX_VALUE);
    UnknownLevelException.require(levels, level, dir.resolve(BackupManifest.NAME).toString());
  }

  private static void requireWhole(Path dir, BackupManifest manifest) throws IOException {
    List<String> damage = manifest.damage(dir);
    if (!damage.isEmpty()) {
      throw new IOException(String.join(System.lineSeparator(), damage));
    }
  }

  private static void copy(Path dir, BackupManifest manifest, Path target) throws IOException {
    Files.createDirectories(target);
    for (BackupManifest.Item each : manifest.files()) {
      Files.copy(dir.resolve(BackupManifest.DB).resolve(each.name()), target.resolve(each.name()));
    }
  }

  /**
   * Above what the old cluster can have given out since, and what a cluster that was restored from
   * the same backup before has: that one began below the time of this restore, and gives out less
   * than one a millisecond in the long run.
   */
  private static long ahead(long last) {
    return Math.max(last + AHEAD, System.currentTimeMillis());
  }

  /**
   * Repairs, incidents, rollouts and orders have numbers that people read, and that tickets and
   * mails of after the backup name: the first of now is R-100001, then R-200001 after another
   * restore.
   */
  private static long beyond(long last) {
    return (last / NUMBERS + 1) * NUMBERS;
  }

  private record Renewed(long index, long at, String digest, int level) {}

  private static Renewed renew(
      Path db, BackupManifest from, String cluster, Optional<RecordReplay> later, Applier applier)
      throws IOException {
    try (Store store = Store.open(db)) {
      LoadedState loaded = store.read(applier.levels());
      State state = loaded.state();
      RunningDigest digest = loaded.digest();
      store.checkDigest(digest.hex());
      long last = from.index();
      if (later.isPresent()) {
        last = later.get().onto(store, state, applier, last);
      }
      List<Event> events = new ArrayList<>();
      Meta meta = state.meta();
      events.add(
          Event.newBuilder()
              .setMeta(
                  meta.toBuilder()
                      .setNextToken(ahead(meta.getNextToken()))
                      .setNextRepair(beyond(meta.getNextRepair()))
                      .setNextIncident(beyond(meta.getNextIncident()))
                      .setNextRollout(beyond(meta.getNextRollout()))
                      .setNextOrder(beyond(meta.getNextOrder()))
                      .setClusterId(cluster))
              .build());
      for (Lease lease : state.leases()) {
        if (lease.getExpiresAt() > meta.getNow()) {
          // due at once: the state itself ends it, with all that follows from that
          events.add(
              Event.newBuilder()
                  .setLease(lease.toBuilder().setExpiresAt(Math.max(1, meta.getNow())))
                  .build());
        }
      }
      events.forEach(state::replay);
      long index = ahead(last);
      store.write(events, TermIndex.valueOf(FIRST_TERM, index));
      store.writeDigest(digest.hex());
      store.flush();
      return new Renewed(index, meta.getNow(), digest.hex(), FeatureLevel.of(meta));
    }
  }
}

package io.pilothouse.dm.raft;

import io.pilothouse.dm.state.Levels;
import io.pilothouse.dm.state.State;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.apache.ratis.server.protocol.TermIndex;

/**
 * A state as it lies on a disk, read without a change to it.
 *
 * @param from the directory of its database
 * @param term of the last entry that it holds
 * @param index of that entry
 * @param digest of all entities, as lower-case hex
 */
public record StoredState(Path from, long term, long index, String digest, State state) {

  /**
   * Reads a snapshot, a database, a backup, or the database of a replica's data directory. A
   * replica that runs has more in memory than in its directory.
   *
   * @throws IOException when it is damaged, with what is wrong, or no such directory
   */
  public static StoredState read(Path dir) throws IOException {
    Path db = database(dir);
    try (Store store = Store.openReadOnly(db)) {
      LoadedState loaded = store.read(Levels.BUILD);
      String digest = loaded.digest().hex();
      store.checkDigest(digest);
      TermIndex at = store.applied();
      return new StoredState(db, at.getTerm(), at.getIndex(), digest, loaded.state());
    }
  }

  /**
   * What of a backup is not as its manifest says; nothing when it is whole.
   *
   * @throws IOException when there is no manifest, or it cannot be read
   */
  public static List<String> damage(Path backup) throws IOException {
    BackupManifest manifest = BackupManifest.read(backup);
    List<String> damage = manifest.damage(backup);
    if (!damage.isEmpty()) {
      return damage;
    }
    try {
      StoredState stored = read(backup);
      boolean comparable = manifest.schema().equals(io.pilothouse.dm.state.Schema.fingerprint());
      if (stored.index() != manifest.index()) {
        return List.of(
            "%s holds the state at index %d, not %d"
                .formatted(stored.from(), stored.index(), manifest.index()));
      }
      return comparable && !stored.digest().equals(manifest.digest())
          ? List.of(
              "%s holds a state with digest %s, not %s"
                  .formatted(stored.from(), stored.digest(), manifest.digest()))
          : List.of();
    } catch (IOException e) {
      return List.of(String.valueOf(e.getMessage()));
    }
  }

  private static Path database(Path dir) throws IOException {
    for (Path each : List.of(dir, dir.resolve("db"))) {
      if (Files.exists(each.resolve("CURRENT"))) {
        return each;
      }
    }
    if (!Files.isDirectory(dir)) {
      throw new IOException(dir + " is no directory");
    }
    try (Stream<Path> there = Files.list(dir)) {
      throw new IOException(
          ("%s holds no database; expected a snapshot, a backup, or a replica's data directory or"
                  + " db/, found %s")
              .formatted(
                  dir,
                  there.map(each -> each.getFileName().toString()).sorted().limit(9).toList()));
    }
  }
}

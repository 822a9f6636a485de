package io.pilothouse.dm.raft;

import java.nio.file.Path;

/** What a replica whose directory is empty begins with. One that has data goes on from there. */
public sealed interface Origin {

  /** The first start of a new cluster: {@code --peers} are its members. */
  record Seed() implements Origin {}

  /** A cluster that runs: this replica has no vote until the others have added it. */
  record Join() implements Origin {}

  /**
   * The first start of a cluster made from a backup.
   *
   * @param dir made by {@link Restore}; the same on each replica
   */
  record Restored(Path dir) implements Origin {}
}

package io.pilothouse.agent;

import io.pilothouse.filesync.client.Fetcher;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which contents directories were published from. An index is read through when it is another file
 * than at the last look; to do so each round would keep a processor busy on a machine whose
 * versions have many files. What rots in place is found by the scrub, which says so.
 */
final class StagedIndexes {
  private final Map<Path, Seen> seen = new HashMap<>();

  /** What an index's file looked like, and the digest that it has; none for a damaged one. */
  private record Seen(
      @Nullable Object inode, FileTime modified, long size, Optional<String> digest) {

    boolean isOf(BasicFileAttributes now) {
      return now.size() == size
          && now.lastModifiedTime().equals(modified)
          && now.fileKey() != null
          && now.fileKey().equals(inode);
    }
  }

  /** The digest of what a directory holds in full; empty for a damaged index, too. */
  synchronized Optional<String> digest(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return Optional.empty();
    }
    BasicFileAttributes now;
    try {
      now = Files.readAttributes(Fetcher.indexFile(directory), BasicFileAttributes.class);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
    Seen known = seen.get(directory);
    if (known == null || !known.isOf(now)) {
      // looked at before it is read: what changes meanwhile is read again
      Optional<String> digest = Fetcher.publishedDigest(directory);
      known = new Seen(now.fileKey(), now.lastModifiedTime(), now.size(), digest);
      seen.put(directory, known);
    }
    return known.digest();
  }

  /** Nothing is kept of other directories. */
  synchronized void retain(Collection<Path> directories) {
    seen.keySet().retainAll(directories);
  }

  /** An index is not what it was, whatever its file looks like. */
  synchronized void doubt(Path directory) {
    seen.remove(directory);
  }
}

package io.pilothouse.filesync.client;

import io.pilothouse.filesync.ContentIndex.Chunk;
import io.pilothouse.filesync.IndexFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Chunks that this disk holds already: they need no transfer. Trouble with them is none: it costs a
 * transfer.
 */
final class LocalChunks implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(LocalChunks.class);

  private final List<ChunkPlaces> directories = new ArrayList<>();

  LocalChunks() {}

  /** Looks through {@code target} and the published directories next to it. */
  static LocalChunks beside(Path target) throws IOException {
    LocalChunks found = new LocalChunks();
    Path parent = target.getParent();
    if (parent == null || !Files.isDirectory(parent)) {
      return found;
    }
    List<Path> directories;
    try (Stream<Path> list = Files.list(parent)) {
      directories = list.filter(Files::isDirectory).sorted().toList();
    }
    for (Path directory : directories) {
      Path index = Fetcher.indexFile(directory);
      if (Files.exists(index)) {
        found.add(directory, new IndexFile(index, ""));
      }
    }
    return found;
  }

  /** Chunks are where an index says, if that directory was made from it. */
  void add(Path directory, IndexFile index) {
    try {
      directories.add(ChunkPlaces.ofReadable(directory, index));
    } catch (IOException e) {
      log.debug("{} was removed at this moment: {}", index.file(), e.toString());
    }
  }

  /** Whether no directory is looked through. */
  boolean isEmpty() {
    return directories.isEmpty();
  }

  /** Whether the chunk, still sound, was read from a place where an index says it is. */
  boolean read(Chunk chunk, byte[] buffer) {
    for (ChunkPlaces each : directories) {
      Optional<ChunkPlaces.Place> place = each.find(chunk.sha256());
      if (place.isPresent()
          && Tree.holds(place.get().file(), place.get().offset(), chunk, buffer)) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void close() {
    directories.forEach(ChunkPlaces::close);
  }
}

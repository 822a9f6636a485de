package io.pilothouse.filesync.client;

import io.pilothouse.filesync.ContentException;
import io.pilothouse.filesync.ContentIndex.Chunk;
import io.pilothouse.filesync.ContentIndex.FileEntry;
import io.pilothouse.filesync.IndexFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Chunks that this disk holds already: they need no transfer. Trouble with them is none: it costs a
 * transfer. What more chunks than an agent has memory for would be is fetched, too.
 */
final class LocalChunks {
  private final ChunkTable table = new ChunkTable();
  private final List<Path> files = new ArrayList<>();

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
  void add(Path directory, IndexFile index) throws IOException {
    try {
      index.forEachChunk(
          (file, offset, chunk) -> {
            if (!table.isFull()) {
              if (offset == 0) {
                files.add(resolve(directory, file));
              }
              table.put(chunk.sha256(), files.size() - 1, offset);
            }
          });
    } catch (IOException e) {
      // damaged, or removed at this moment: what was read so far can be used
    }
  }

  private static Path resolve(Path directory, FileEntry file) throws ContentException {
    return Tree.resolve(directory, file);
  }

  /** Whether the chunk, still sound, was read from a place where an index says it is. */
  boolean read(Chunk chunk, byte[] buffer) {
    Optional<ChunkTable.Place> place = table.get(chunk.sha256());
    return place.isPresent()
        && Tree.holds(files.get(place.get().file()), place.get().offset(), chunk, buffer);
  }
}

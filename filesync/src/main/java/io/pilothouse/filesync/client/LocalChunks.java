package io.pilothouse.filesync.client;

import io.pilothouse.filesync.ContentIndex;
import io.pilothouse.filesync.ContentIndex.Chunk;
import io.pilothouse.filesync.ContentIndex.FileEntry;
import io.pilothouse.filesync.Sha256;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Chunks that this disk holds already: they need no transfer. Trouble with them is none: it costs a
 * transfer.
 */
final class LocalChunks {
  /** More copies than this of one chunk are not worth a look. */
  private static final int MOST_PLACES = 3;

  private record Place(Path file, long offset) {}

  private final Map<String, List<Place>> places = new HashMap<>();

  private LocalChunks() {}

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
      index(directory).ifPresent(index -> found.add(directory, index));
    }
    return found;
  }

  private static Optional<ContentIndex> index(Path directory) {
    try {
      return Fetcher.published(directory);
    } catch (IOException e) {
      return Optional.empty(); // removed at this moment, or a bad sector
    }
  }

  /** Chunks are where an index says, if that directory was made from it. */
  void add(Path directory, ContentIndex index) {
    for (FileEntry file : index.files()) {
      long offset = 0;
      for (Chunk chunk : file.chunks()) {
        List<Place> known = places.computeIfAbsent(chunk.sha256(), each -> new ArrayList<>(1));
        if (known.size() < MOST_PLACES) {
          known.add(new Place(directory.resolve(file.path()), offset));
        }
        offset += chunk.size();
      }
    }
  }

  /** The chunk, if it is still sound in a place where an index says it is. */
  Optional<byte[]> read(Chunk chunk) {
    for (Place place : places.getOrDefault(chunk.sha256(), List.of())) {
      Optional<byte[]> bytes = read(place, chunk);
      if (bytes.isPresent()) {
        return bytes;
      }
    }
    return Optional.empty();
  }

  private static Optional<byte[]> read(Place place, Chunk chunk) {
    if (!Files.isRegularFile(place.file())) {
      return Optional.empty();
    }
    byte[] bytes = new byte[chunk.size()];
    try (RandomAccessFile file = new RandomAccessFile(place.file().toFile(), "r")) {
      if (file.length() < place.offset() + chunk.size()) {
        return Optional.empty();
      }
      file.seek(place.offset());
      file.readFully(bytes);
    } catch (IOException e) {
      return Optional.empty();
    }
    return Optional.of(bytes).filter(each -> Sha256.hex(each).equals(chunk.sha256()));
  }
}

package io.pilothouse.filesync.client;

import io.pilothouse.filesync.ContentException;
import io.pilothouse.filesync.ContentIndex;
import io.pilothouse.filesync.ContentIndex.Chunk;
import io.pilothouse.filesync.ContentIndex.FileEntry;
import io.pilothouse.filesync.Sha256;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Chunks that other versions beside the target hold already: they need no transfer. */
final class LocalChunks {
  private record Place(Path file, long offset) {}

  private final Map<String, Place> places = new HashMap<>();

  private LocalChunks() {}

  /** Looks through the published directories next to {@code target}. */
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

  /** Empty for a damaged index, too: it only costs a transfer. */
  private static Optional<ContentIndex> index(Path directory) throws IOException {
    try {
      return Fetcher.published(directory);
    } catch (ContentException e) {
      return Optional.empty();
    }
  }

  private void add(Path directory, ContentIndex index) {
    for (FileEntry file : index.files()) {
      long offset = 0;
      for (Chunk chunk : file.chunks()) {
        places.putIfAbsent(chunk.sha256(), new Place(directory.resolve(file.path()), offset));
        offset += chunk.size();
      }
    }
  }

  /** The chunk, if it is still sound where its index says it is. */
  Optional<byte[]> read(Chunk chunk) throws IOException {
    Place place = places.get(chunk.sha256());
    if (place == null || !Files.isRegularFile(place.file())) {
      return Optional.empty();
    }
    byte[] bytes = new byte[chunk.size()];
    try (RandomAccessFile file = new RandomAccessFile(place.file().toFile(), "r")) {
      if (file.length() < place.offset() + chunk.size()) {
        return Optional.empty();
      }
      file.seek(place.offset());
      file.readFully(bytes);
    }
    return Optional.of(bytes).filter(each -> Sha256.hex(each).equals(chunk.sha256()));
  }
}

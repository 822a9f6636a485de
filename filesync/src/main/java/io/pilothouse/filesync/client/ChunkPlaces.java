package io.pilothouse.filesync.client;

import io.pilothouse.filesync.IndexFile;
import io.pilothouse.filesync.IndexPaths;
import io.pilothouse.filesync.Sha256;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where the chunks of a directory are, by the first 64 bits of their hashes. Two chunks with one
 * such key are hardly ever met, and the receiver of the wrong one notices. What cannot be read is
 * not known: it costs a transfer. Safe for use by many threads.
 */
public final class ChunkPlaces implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ChunkPlaces.class);

  /** Bytes of an index for each chunk; a wrong guess costs some time. */
  private static final int INDEX_BYTES_A_CHUNK = 128;

  private final Path directory;
  private final IndexPaths paths;
  private final PlaceTable table;

  /** A piece of a file. */
  public record Place(Path file, long offset, int size) {}

  private ChunkPlaces(Path directory, IndexFile index) throws IOException {
    this.directory = directory;
    this.paths = new IndexPaths(index.file());
    Path beside = index.file().toAbsolutePath().getParent();
    long expected = Files.size(index.file()) / INDEX_BYTES_A_CHUNK;
    this.table = new PlaceTable(beside == null ? directory : beside, expected);
  }

  /** The places that an index gives them in a directory, which need not be filled yet. */
  public static ChunkPlaces of(Path directory, IndexFile index) throws IOException {
    ChunkPlaces places = new ChunkPlaces(directory, index);
    boolean filled = false;
    try {
      places.fill(index);
      filled = true;
    } finally {
      if (!filled) {
        places.close();
      }
    }
    return places;
  }

  /** The same of as much of an index as can be read. */
  static ChunkPlaces ofReadable(Path directory, IndexFile index) throws IOException {
    ChunkPlaces places = new ChunkPlaces(directory, index);
    try {
      places.fill(index);
    } catch (IOException e) {
      log.debug("of {} only the beginning is known: {}", index.file(), e.toString());
    }
    return places;
  }

  private void fill(IndexFile index) throws IOException {
    index.forEachPlace(
        (entry, offset, chunk) ->
            table.put(new PlaceTable.Row(Sha256.key(chunk.sha256()), entry, offset, chunk.size())));
  }

  /** Rows have numbers below this one. */
  int rows() {
    return table.capacity();
  }

  /** The number of a chunk, the same for all its places; negative when it is not known. */
  int row(String sha256) {
    return table.find(Sha256.key(sha256));
  }

  Optional<Place> place(int row) {
    try {
      PlaceTable.Row found = table.row(row);
      Path file = directory.resolve(paths.path(found.entry()));
      return Optional.of(new Place(file, found.offset(), found.size()));
    } catch (IOException | InvalidPathException e) {
      log.debug("a chunk's place in {} cannot be read: {}", directory, e.toString());
      return Optional.empty();
    }
  }

  /** One of a chunk's places. */
  public Optional<Place> find(String sha256) {
    int row = row(sha256);
    return row < 0 ? Optional.empty() : place(row);
  }

  /** From then on nothing is known. */
  @Override
  public void close() {
    table.close();
    try {
      paths.close();
    } catch (IOException e) {
      log.debug("closing the index of {}: {}", directory, e.toString());
    }
  }
}

package io.pilothouse.filesync.client;

import io.pilothouse.filesync.IndexFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Where the chunks of a directory are, by the first 64 bits of their hashes and in 24 bytes each:
 * agents are small and contents large. Two chunks with one such key are hardly ever met, and the
 * receiver of the wrong one notices. Of a very large content only the first chunks are known.
 */
public final class ChunkPlaces {
  private static final int HEX_DIGITS_OF_A_LONG = 16;

  private final List<Path> files = new ArrayList<>();
  private long[] keys = {};
  private long[] offsets = {};
  private int[] sizes = {};
  private int[] fileNumbers = {};

  /** A piece of a file. */
  public record Place(Path file, long offset, int size) {}

  private record Row(long key, int file, long offset, int size) {}

  private ChunkPlaces() {}

  /** The places that an index gives them in a directory, which need not be filled yet. */
  public static ChunkPlaces of(Path directory, IndexFile index) throws IOException {
    ChunkPlaces places = new ChunkPlaces();
    List<Row> rows = new ArrayList<>();
    index.forEachChunk(
        (file, offset, chunk) -> {
          if (rows.size() < ChunkTable.MOST) {
            if (offset == 0) {
              places.files.add(Tree.resolve(directory, file));
            }
            int number = places.files.size() - 1;
            rows.add(new Row(key(chunk.sha256()), number, offset, chunk.size()));
          }
        });
    rows.sort(Comparator.comparingLong(Row::key));
    places.fill(rows);
    return places;
  }

  private void fill(List<Row> rows) {
    keys = new long[rows.size()];
    offsets = new long[keys.length];
    sizes = new int[keys.length];
    fileNumbers = new int[keys.length];
    for (int i = 0; i < keys.length; i++) {
      Row row = rows.get(i);
      keys[i] = row.key();
      offsets[i] = row.offset();
      sizes[i] = row.size();
      fileNumbers[i] = row.file();
    }
  }

  private static long key(String sha256) {
    return Long.parseUnsignedLong(sha256, 0, HEX_DIGITS_OF_A_LONG, 16);
  }

  int size() {
    return keys.length;
  }

  /** The number of a chunk, the same for all its places; negative when it is not known. */
  int row(String sha256) {
    long key = key(sha256);
    int low = 0;
    int high = keys.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (keys[middle] < key) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low < keys.length && keys[low] == key ? low : -1;
  }

  Place place(int row) {
    return new Place(files.get(fileNumbers[row]), offsets[row], sizes[row]);
  }

  /** One of a chunk's places. */
  public Optional<Place> find(String sha256) {
    int row = row(sha256);
    return row < 0 ? Optional.empty() : Optional.of(place(row));
  }
}

package io.pilothouse.filesync.client;

import java.util.Arrays;
import java.util.Optional;

/**
 * Where chunks are, in few bytes each: the agent of a small machine knows all its versions by it. A
 * chunk is looked up by the first 64 bits of its hash, so whoever reads it must verify it.
 */
final class ChunkTable {
  /** Beyond this many chunks more memory would be spent than a transfer is worth. */
  static final int MOST = 1 << 18;

  private static final int SMALLEST = 64;

  /**
   * A place.
   *
   * @param file its number, as it was put
   * @param offset of the chunk's first byte in the file
   */
  record Place(int file, long offset) {}

  private long[] keys = new long[SMALLEST];
  private int[] files = emptyFiles(SMALLEST);
  private long[] offsets = new long[SMALLEST];
  private int size;

  private static int[] emptyFiles(int length) {
    int[] files = new int[length];
    Arrays.fill(files, -1);
    return files;
  }

  boolean isFull() {
    return size >= MOST;
  }

  /** The first place of a chunk is kept. */
  void put(String sha256, int file, long offset) {
    if (size * 2 >= keys.length) {
      grow();
    }
    put(key(sha256), file, offset);
  }

  private void put(long key, int file, long offset) {
    int slot = slot(key);
    if (files[slot] < 0) {
      keys[slot] = key;
      files[slot] = file;
      offsets[slot] = offset;
      size++;
    }
  }

  Optional<Place> get(String sha256) {
    int slot = slot(key(sha256));
    return files[slot] < 0 ? Optional.empty() : Optional.of(new Place(files[slot], offsets[slot]));
  }

  private static long key(String sha256) {
    return Long.parseUnsignedLong(sha256, 0, 16, 16);
  }

  /** Of the key, or the free one where it would be. */
  private int slot(long key) {
    int mask = keys.length - 1;
    int slot = (int) key & mask;
    while (files[slot] >= 0 && keys[slot] != key) {
      slot = slot + 1 & mask;
    }
    return slot;
  }

  private void grow() {
    long[] oldKeys = keys;
    int[] oldFiles = files;
    long[] oldOffsets = offsets;
    keys = new long[oldKeys.length * 2];
    files = emptyFiles(keys.length);
    offsets = new long[keys.length];
    size = 0;
    for (int i = 0; i < oldKeys.length; i++) {
      if (oldFiles[i] >= 0) {
        put(oldKeys[i], oldFiles[i], oldOffsets[i]);
      }
    }
  }
}

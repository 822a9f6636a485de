package io.pilothouse.filesync.server;

import java.util.BitSet;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Contents all of whose chunks were there when looked at, so that nobody looks at a million files
 * every few seconds. When something is missed, those that may need it are looked at anew: each has
 * a Bloom filter of its chunks, ten bits for each. Machines ask a replica all the time for what it
 * does not have yet, which says nothing about the contents that it has.
 */
final class CompleteContents {
  private final Map<String, Chunks> contents = new ConcurrentHashMap<>();

  /** Chunks of a content; it may take others for its own, but never misses one. */
  static final class Chunks {
    private static final int BITS_A_CHUNK = 10;
    private static final int SLICES = 4;
    private static final int DIGITS = 8;

    private final int size;
    private final BitSet bits;

    /**
     * Makes an empty one.
     *
     * @param expected chunks; with more it says more often what is not so
     */
    Chunks(long expected) {
      this.size = Math.clamp(expected * BITS_A_CHUNK, Long.SIZE, Integer.MAX_VALUE);
      this.bits = new BitSet(size);
    }

    void add(String sha256) {
      for (int i = 0; i < SLICES; i++) {
        bits.set(bit(sha256, i));
      }
    }

    boolean mayHave(String sha256) {
      for (int i = 0; i < SLICES; i++) {
        if (!bits.get(bit(sha256, i))) {
          return false;
        }
      }
      return true;
    }

    /** The hash is as good as several: each slice of it is one. */
    private int bit(String sha256, int slice) {
      long value = Long.parseLong(sha256, slice * DIGITS, (slice + 1) * DIGITS, 16);
      return (int) (value % size);
    }
  }

  boolean has(String digest) {
    return contents.containsKey(digest);
  }

  void add(String digest, Chunks chunks) {
    contents.put(digest, chunks);
  }

  /** Somebody counts on a chunk or an index that is not there, or is damaged. */
  void missed(String hash) {
    contents
        .entrySet()
        .removeIf(each -> each.getKey().equals(hash) || each.getValue().mayHave(hash));
  }

  void remove(String digest) {
    contents.remove(digest);
  }

  void clear() {
    contents.clear();
  }
}

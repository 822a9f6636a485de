package io.pilothouse.filesync.server;

import io.pilothouse.filesync.Sha256;

/**
 * Numbers of chunks, found by the first 64 bits of their hashes, in some twenty bytes each: a
 * replica has many millions of chunks and little memory. For two that have one such key it says the
 * same, so it must only decide what is right for either.
 */
final class ChunkKeys {
  private static final int SMALLEST = 16;

  private long[] keys = new long[SMALLEST];

  /** 0 where a slot is free. */
  private int[] numbers = new int[SMALLEST];

  private int size;

  int size() {
    return size;
  }

  /** Of a chunk; 0 when it has none. */
  int number(String sha256) {
    return numbers[slot(Sha256.key(sha256))];
  }

  /**
   * Gives a chunk its number; the first that it got is kept.
   *
   * @param number not 0
   */
  void put(String sha256, int number) {
    if (size >= keys.length / 4 * 3) {
      grow();
    }
    put(Sha256.key(sha256), number);
  }

  private void put(long key, int number) {
    int slot = slot(key);
    if (numbers[slot] == 0) {
      keys[slot] = key;
      numbers[slot] = number;
      size++;
    }
  }

  /** Of the key, or the free one where it would be; by its last bits, for the first are alike. */
  private int slot(long key) {
    int mask = keys.length - 1;
    int slot = (int) key & mask;
    while (numbers[slot] != 0 && keys[slot] != key) {
      slot = slot + 1 & mask;
    }
    return slot;
  }

  private void grow() {
    long[] oldKeys = keys;
    int[] oldNumbers = numbers;
    keys = new long[oldKeys.length * 2];
    numbers = new int[keys.length];
    size = 0;
    for (int i = 0; i < oldKeys.length; i++) {
      if (oldNumbers[i] != 0) {
        put(oldKeys[i], oldNumbers[i]);
      }
    }
  }
}

package io.pilothouse.filesync;

import io.pilothouse.filesync.ContentIndex.Chunk;
import java.util.Arrays;

/**
 * Long runs of zeros, as holes of disk images are read: they are cut and hashed once. A machine
 * hashes some hundred MiB a second, and an image may have many GiB of them.
 */
final class Zeros {
  private static final byte[] ALL = new byte[Cutter.LARGEST];

  /** What is cut off the beginning of a run that is at least as long as the largest chunk. */
  static final Chunk CHUNK = cut();

  private Zeros() {}

  private static Chunk cut() {
    int size = Cutter.cut(ALL, 0, ALL.length);
    return new Chunk(Sha256.hex(ALL, 0, size), size);
  }

  /** Whether so many of them begin there that {@link #CHUNK} is what is cut off. */
  static boolean fill(byte[] bytes, int from, int to) {
    return to - from >= ALL.length
        && Arrays.mismatch(bytes, from, from + ALL.length, ALL, 0, ALL.length) < 0;
  }
}

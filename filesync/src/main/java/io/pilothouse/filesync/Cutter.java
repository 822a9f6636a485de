package io.pilothouse.filesync;

import java.util.SplittableRandom;

/**
 * Says where a file is cut into chunks: at places that depend on the bytes just before them alone,
 * so that a change moves the cuts next to it and no others. This is FastCDC (Xia et al., USENIX ATC
 * 2016) with normalised chunking: a gear hash over the last 64 bytes, a stricter mask before the
 * average size and a looser one behind it.
 *
 * <p>The sizes and the table are part of how digests come about: another cut of the same files has
 * another digest, though it is read as well as this one.
 */
final class Cutter {
  /** No cut comes before; its bytes are not even looked at. */
  static final int SMALLEST = 16 << 10;

  /** About the mean size of chunks. */
  static final int AVERAGE = 64 << 10;

  /** Where no cut is found until here, it is made here. */
  static final int LARGEST = 256 << 10;

  /** Bits above and below the 16 that make cuts at an average of 64 KiB. */
  private static final int NORMALISATION = 2;

  private static final int BITS = Integer.numberOfTrailingZeros(AVERAGE);
  private static final long STRICT = highBits(BITS + NORMALISATION);
  private static final long LOOSE = highBits(BITS - NORMALISATION);
  private static final long[] GEAR = new SplittableRandom(0x50696c6f74L).longs(256).toArray();

  private Cutter() {}

  /** The gear hash shifts to the left: its highest bits have seen the most bytes. */
  private static long highBits(int count) {
    return -1L << (Long.SIZE - count);
  }

  /**
   * The size of the chunk that starts at {@code from}.
   *
   * @param to end of the bytes; a caller that has not seen the file's end gives at least {@link
   *     #LARGEST} of them
   */
  static int cut(byte[] bytes, int from, int to) {
    int end = Math.min(to, from + LARGEST);
    int normal = Math.min(end, from + AVERAGE);
    long hash = 0;
    int i = from + SMALLEST;
    for (; i < normal; i++) {
      hash = (hash << 1) + GEAR[bytes[i] & 0xff];
      if ((hash & STRICT) == 0) {
        return i + 1 - from;
      }
    }
    for (; i < end; i++) {
      hash = (hash << 1) + GEAR[bytes[i] & 0xff];
      if ((hash & LOOSE) == 0) {
        return i + 1 - from;
      }
    }
    return end - from;
  }
}

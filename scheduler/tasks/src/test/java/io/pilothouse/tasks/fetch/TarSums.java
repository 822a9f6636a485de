package io.pilothouse.tasks.fetch;

import java.nio.charset.StandardCharsets;

/** Checksums of tar headers: a spoiled archive would not be read beyond the first wrong one. */
public final class TarSums {
  private static final int BLOCK = 512;
  private static final int SUM_AT = 148;
  private static final int SUM_LENGTH = 8;
  private static final int SIZE_AT = 124;
  private static final int SIZE_LENGTH = 12;

  private TarSums() {}

  /** Writes the right sum into each header, as far as sizes lead from one to the next. */
  public static byte[] right(byte[] tar) {
    byte[] righted = tar.clone();
    long at = 0;
    while (at + BLOCK <= righted.length) {
      int from = (int) at;
      if (righted[from] != 0) {
        right(righted, from);
      }
      long size = size(righted, from);
      at += BLOCK + (size + BLOCK - 1) / BLOCK * BLOCK;
    }
    return righted;
  }

  private static void right(byte[] tar, int from) {
    int sum = 0;
    for (int i = 0; i < BLOCK; i++) {
      boolean own = i >= SUM_AT && i < SUM_AT + SUM_LENGTH;
      sum += own ? ' ' : tar[from + i] & 0xff;
    }
    byte[] text = "%06o\0 ".formatted(sum).getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(text, 0, tar, from + SUM_AT, SUM_LENGTH);
  }

  /** 0 where it is none: then the next block is taken for a header. */
  private static long size(byte[] tar, int from) {
    long size = 0;
    for (int i = 0; i < SIZE_LENGTH; i++) {
      byte each = tar[from + SIZE_AT + i];
      if (each >= '0' && each <= '7') {
        size = size << 3 | (each - '0');
      } else if (each != ' ' && each != 0) {
        return 0;
      }
    }
    return Math.min(size, tar.length);
  }
}

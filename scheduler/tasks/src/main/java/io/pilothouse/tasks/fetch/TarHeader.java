package io.pilothouse.tasks.fetch;

import java.nio.charset.StandardCharsets;

/**
 * The 512 bytes before each member of a tar archive (POSIX.1-1988 ustar, and what GNU tar makes of
 * them).
 *
 * @param type of member: {@code 0} file, {@code 1} hard link, {@code 2} symbolic link, {@code 5}
 *     directory, others
 * @param seconds since the epoch when it was changed last
 */
record TarHeader(
    String name, int mode, long size, char type, String target, int uid, int gid, long seconds) {
  static final int LENGTH = 512;
  private static final int CHECKSUM_AT = 148;
  private static final int CHECKSUM_LENGTH = 8;

  /** Reads it; throws when it is none. */
  static TarHeader of(byte[] block) throws FetchException {
    long sum = 0;
    for (int i = 0; i < LENGTH; i++) {
      boolean own = i >= CHECKSUM_AT && i < CHECKSUM_AT + CHECKSUM_LENGTH;
      sum += own ? ' ' : block[i] & 0xff;
    }
    if (sum != number(block, CHECKSUM_AT, CHECKSUM_LENGTH)) {
      throw new FetchException("it is no tar archive, or a damaged one");
    }
    String name = text(block, 0, 100);
    boolean ustar = text(block, 257, 6).equals("ustar"); // GNU's own has "ustar  ", and no prefix
    String prefix = ustar ? text(block, 345, 155) : "";
    char type = block[156] == 0 || block[156] == '7' ? '0' : (char) (block[156] & 0xff);
    if (type == '0' && name.endsWith("/")) {
      type = '5'; // before there were types
    }
    return new TarHeader(
        prefix.isEmpty() ? name : prefix + "/" + name,
        (int) number(block, 100, 8),
        number(block, 124, 12),
        type,
        text(block, 157, 100),
        (int) loose(block, 108, 8),
        (int) loose(block, 116, 8),
        loose(block, 136, 12));
  }

  /** What nobody must have to unpack: 0 where it is not written, or cannot be read. */
  private static long loose(byte[] block, int from, int length) {
    try {
      return number(block, from, length);
    } catch (FetchException e) {
      return 0;
    }
  }

  private static String text(byte[] block, int from, int most) {
    int length = 0;
    while (length < most && block[from + length] != 0) {
      length++;
    }
    return new String(block, from, length, StandardCharsets.UTF_8);
  }

  /** Octal digits, or, for what is too large for them, bytes behind a set bit. */
  private static long number(byte[] block, int from, int length) throws FetchException {
    long number = 0;
    if ((block[from] & 0x80) != 0) {
      for (int i = 1; i < length; i++) {
        if (number >> 54 != 0) {
          throw new FetchException("it is a damaged tar archive: a number has no end");
        }
        number = (number << 8) | (block[from + i] & 0xff);
      }
      return number;
    }
    for (int i = 0; i < length; i++) {
      byte each = block[from + i];
      if (each >= '0' && each <= '7') {
        number = (number << 3) | (each - '0');
      } else if (each != ' ' && each != 0) {
        throw new FetchException("it is no tar archive, or a damaged one");
      }
    }
    return number;
  }
}

package io.pilothouse.cli.support;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.zip.GZIPOutputStream;

/** A compressed archive of small files: the POSIX ustar format, which every tar reads. */
final class TarGz {
  private static final int BLOCK = 512;
  private static final int CHECKSUM = 148;
  private static final int PREFIX = 345;
  private static final int LONGEST_NAME = 100;

  private TarGz() {}

  /**
   * Writes it.
   *
   * @param top directory that all files are in, at most 155 bytes
   */
  static void write(OutputStream to, String top, SortedMap<String, byte[]> files, Instant at)
      throws IOException {
    try (GZIPOutputStream out = new GZIPOutputStream(to)) {
      for (Map.Entry<String, byte[]> each : files.entrySet()) {
        out.write(header(top, each.getKey(), each.getValue().length, at));
        out.write(each.getValue());
        out.write(new byte[(BLOCK - each.getValue().length % BLOCK) % BLOCK]);
      }
      out.write(new byte[2 * BLOCK]);
    }
  }

  private static byte[] header(String top, String name, int size, Instant at) {
    byte[] header = new byte[BLOCK];
    if (name.length() > LONGEST_NAME) {
      throw new IllegalArgumentException("too long a name for an archive: " + name);
    }
    put(header, 0, name);
    put(header, 100, "0000600\0"); // mode: for its owner only
    put(header, 108, "0000000\0"); // user
    put(header, 116, "0000000\0"); // group
    put(header, 124, octal(size) + " ");
    put(header, 136, octal(at.getEpochSecond()) + " ");
    put(header, CHECKSUM, "        ");
    put(header, 156, "0"); // a file
    put(header, 257, "ustar\00000");
    put(header, PREFIX, top);
    int sum = 0;
    for (byte each : header) {
      sum += each & 0xff;
    }
    put(header, CHECKSUM, String.format(Locale.ROOT, "%06o\0 ", sum));
    return header;
  }

  private static String octal(long value) {
    return String.format(Locale.ROOT, "%011o", value);
  }

  private static void put(byte[] header, int at, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    System.arraycopy(bytes, 0, header, at, bytes.length);
  }
}

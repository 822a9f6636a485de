package io.pilothouse.tasks.fetch;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * The modes of a zip archive's members, which the JDK's reader does not tell: in the central
 * directory, where the archive was made on Unix (APPNOTE 4.4.2 and 4.4.15).
 */
final class ZipRights {
  private static final int END = 0x06054b50;
  private static final int END_LENGTH = 22;
  private static final int ENTRY = 0x02014b50;
  private static final int ENTRY_LENGTH = 46;
  private static final int LONGEST_COMMENT = 0xffff;
  private static final int LARGEST = 256 << 20;
  private static final int UNIX = 3;

  private ZipRights() {}

  /** Modes with type by name; none for what is not known, and for an archive of over 4 GiB. */
  static Map<String, Integer> of(Path zip) throws IOException {
    Map<String, Integer> all = new HashMap<>();
    try (FileChannel channel = FileChannel.open(zip)) {
      long from = Math.max(0, channel.size() - END_LENGTH - LONGEST_COMMENT);
      ByteBuffer end = read(channel, from, (int) (channel.size() - from));
      int at = end.limit() - END_LENGTH;
      while (at >= 0 && end.getInt(at) != END) {
        at--;
      }
      if (at < 0) {
        return all;
      }
      long length = end.getInt(at + 12) & 0xffffffffL;
      long start = end.getInt(at + 16) & 0xffffffffL;
      if (length > LARGEST || start + length > channel.size()) {
        return all;
      }
      entries(read(channel, start, (int) length), all);
    }
    return all;
  }

  private static ByteBuffer read(FileChannel channel, long from, int length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    while (bytes.hasRemaining() && channel.read(bytes, from + bytes.position()) >= 0) {
      // the rest
    }
    return bytes.flip();
  }

  private static void entries(ByteBuffer bytes, Map<String, Integer> all) {
    int at = 0;
    while (at + ENTRY_LENGTH <= bytes.limit() && bytes.getInt(at) == ENTRY) {
      int name = bytes.getShort(at + 28) & 0xffff;
      int rest = (bytes.getShort(at + 30) & 0xffff) + (bytes.getShort(at + 32) & 0xffff);
      if (at + ENTRY_LENGTH + name > bytes.limit()) {
        return;
      }
      if (bytes.get(at + 5) == UNIX) {
        byte[] text = new byte[name];
        bytes.get(at + ENTRY_LENGTH, text);
        all.put(new String(text, StandardCharsets.UTF_8), bytes.getInt(at + 38) >>> 16);
      }
      at += ENTRY_LENGTH + name + rest;
    }
  }
}

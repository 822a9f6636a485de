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
 * directory, where the archive was made on Unix (APPNOTE 4.4.2 and 4.4.15). The JDK's reader keeps
 * all of that directory in memory, so one that is too long for this program is refused here first.
 */
final class ZipRights {
  private static final int END = 0x06054b50;
  private static final int END_LENGTH = 22;
  private static final int END_64 = 0x06064b50;
  private static final int LOCATOR_64 = 0x07064b50;
  private static final int LOCATOR_64_LENGTH = 20;
  private static final int END_64_LENGTH = 56;
  private static final int ENTRY = 0x02014b50;
  private static final int ENTRY_LENGTH = 46;
  private static final int LONGEST_COMMENT = 0xffff;
  private static final int UNIX = 3;

  /** The JDK looks for an end record a little before the earliest place where one can be. */
  private static final int MORE = 512;

  /** S_IFREG and the mode that a file has for which nothing is known. */
  private static final int USUAL = 0100644;

  /** Of the central directory, in bytes. */
  static final int LONGEST = 4 << 20;

  static final int MOST = 50_000;

  private ZipRights() {}

  /**
   * Modes with type by name; none for what is not known or as usual.
   *
   * @throws FetchException when its directory is too long to be held
   */
  static Map<String, Integer> of(Path zip) throws IOException {
    Map<String, Integer> all = new HashMap<>();
    try (FileChannel channel = FileChannel.open(zip)) {
      long from = Math.max(0, channel.size() - END_LENGTH - LONGEST_COMMENT - MORE);
      ByteBuffer tail = read(channel, from, (int) (channel.size() - from));
      int last = -1;
      // whatever could be its end record is looked at: it is not known which one the JDK takes
      for (int at = tail.limit() - END_LENGTH; at >= 0; at--) {
        if (tail.getInt(at) == END && mayBe(tail, at, from)) {
          bound(channel, tail, at);
          last = Math.max(last, at);
        }
      }
      if (last < 0) {
        return all;
      }
      long length = length(tail, last);
      long start = tail.getInt(last + 16) & 0xffffffffL;
      if (length <= LONGEST && start + length <= channel.size()) {
        entries(read(channel, start, (int) length), all);
      }
    }
    return all;
  }

  private static long length(ByteBuffer tail, int at) {
    return tail.getInt(at + 12) & 0xffffffffL;
  }

  /** Whether its comment ends with the file, or its directory has room before it. */
  private static boolean mayBe(ByteBuffer tail, int at, long from) {
    int comment = tail.getShort(at + 20) & 0xffff;
    long start = tail.getInt(at + 16) & 0xffffffffL;
    return at + END_LENGTH + comment == tail.limit() || start + length(tail, at) <= from + at;
  }

  /** One with 64 bits may be before it; then all bits set in it say nothing. */
  private static void bound(FileChannel channel, ByteBuffer tail, int end) throws IOException {
    long length = length(tail, end);
    int entries = tail.getShort(end + 10) & 0xffff;
    int at = end - LOCATOR_64_LENGTH;
    if (at >= 0 && tail.getInt(at) == LOCATOR_64) {
      long where = tail.getLong(at + 8);
      boolean within = where >= 0 && where <= channel.size();
      ByteBuffer end64 = within ? read(channel, where, END_64_LENGTH) : ByteBuffer.allocate(0);
      if (end64.limit() == END_64_LENGTH && end64.getInt(0) == END_64) {
        bound(end64.getLong(40), end64.getLong(32));
        length = length == 0xffffffffL ? 0 : length;
        entries = entries == 0xffff ? 0 : entries;
      }
    }
    bound(length, entries);
  }

  private static void bound(long length, long entries) throws FetchException {
    if (length < 0 || length > LONGEST || entries < 0 || entries > MOST) {
      throw tooMany();
    }
  }

  private static FetchException tooMany() {
    return new FetchException(
        ("it is a zip of more than %d files, or with more than %d bytes of names and the like:"
                + " pack it as .tar.gz")
            .formatted(MOST, LONGEST));
  }

  private static ByteBuffer read(FileChannel channel, long from, int length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    while (bytes.hasRemaining() && channel.read(bytes, from + bytes.position()) >= 0) {
      // the rest
    }
    return bytes.flip();
  }

  private static void entries(ByteBuffer bytes, Map<String, Integer> all) throws FetchException {
    int at = 0;
    for (int count = 1; at + ENTRY_LENGTH <= bytes.limit() && bytes.getInt(at) == ENTRY; count++) {
      bound(0, count); // an end record may say less
      int name = bytes.getShort(at + 28) & 0xffff;
      int rest = (bytes.getShort(at + 30) & 0xffff) + (bytes.getShort(at + 32) & 0xffff);
      if (at + ENTRY_LENGTH + name > bytes.limit()) {
        return;
      }
      int mode = bytes.getInt(at + 38) >>> 16;
      if (bytes.get(at + 5) == UNIX && mode != USUAL) {
        byte[] text = new byte[name];
        bytes.get(at + ENTRY_LENGTH, text);
        all.put(new String(text, StandardCharsets.UTF_8), mode);
      }
      at += ENTRY_LENGTH + name + rest;
    }
  }
}

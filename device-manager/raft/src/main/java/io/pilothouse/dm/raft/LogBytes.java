package io.pilothouse.dm.raft;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** The bytes of a segment, and the entries in them: length as a varint, bytes, CRC-32C of both. */
final class LogBytes {
  static final int CHECKSUM = 4;

  /** Ratis writes none that is longer: its buffer ends there. */
  static final int LONGEST = RaftSettings.MAX_ENTRY_BYTES + (64 << 10);

  private static final int LONGEST_LENGTH = 5;

  /**
   * An entry that is whole.
   *
   * @param end the byte behind its checksum
   */
  record Frame(int end, long term, long index) {}

  private final byte[] bytes;

  LogBytes(byte[] bytes) {
    this.bytes = bytes;
  }

  int size() {
    return bytes.length;
  }

  byte at(int index) {
    return bytes[index];
  }

  /** Whether there is nothing but zeros, up to the byte before {@code to}. */
  boolean isZero(int from, int to) {
    for (int i = from; i < to; i++) {
      if (bytes[i] != 0) {
        return false;
      }
    }
    return true;
  }

  /** The entry at a byte, or null where none is whole. */
  @Nullable Frame whole(int at) {
    int length = length(at);
    int start = at + lengthBytes(at);
    if (length <= 0 || length > LONGEST || (long) start + length + CHECKSUM > bytes.length) {
      return null;
    }
    if (sum(at, start + length) != ByteBuffer.wrap(bytes).getInt(start + length)) {
      return null;
    }
    long[] position = position(start, start + length);
    return new Frame(start + length + CHECKSUM, position[0], position[1]);
  }

  /** What the checksum of these bytes is. */
  int sum(int from, int to) {
    CRC32C sum = new CRC32C();
    sum.update(bytes, from, to - from);
    return (int) sum.getValue();
  }

  /** The first whole entry behind a byte with a higher index, or -1. */
  int laterThan(int at, long index) {
    for (int later = at + 1; later < bytes.length; later++) {
      Frame frame = looksLikeEntry(later) ? whole(later) : null;
      if (frame != null && frame.index() > index) {
        return later;
      }
    }
    return -1;
  }

  /** Cheap, since each byte behind a damaged entry is looked at. */
  private boolean looksLikeEntry(int at) {
    int start = at + lengthBytes(at);
    return start < bytes.length && (bytes[start] == 0x08 || bytes[start] == 0x10);
  }

  /** Whether the entry is whole once one bit of its length is turned back. */
  boolean hasFlippedLength(int at) {
    for (int i = at; i < Math.min(at + LONGEST_LENGTH, bytes.length); i++) {
      for (int bit = 0; bit < Byte.SIZE; bit++) {
        bytes[i] ^= (byte) (1 << bit);
        boolean whole = whole(at) != null;
        bytes[i] ^= (byte) (1 << bit);
        if (whole) {
          return true;
        }
      }
    }
    return false;
  }

  /** Whether the rest of the segment is one whole entry but for its length. */
  boolean hasOtherLength(int at) {
    int end = bytes.length;
    while (end > at && bytes[end - 1] == 0) {
      end--;
    }
    // its checksum may end with zeros itself
    for (int to = end; to <= Math.min(bytes.length, end + CHECKSUM); to++) {
      for (int prefix = 1; prefix <= LONGEST_LENGTH; prefix++) {
        int length = to - CHECKSUM - at - prefix;
        if (length > 0 && length <= LONGEST && varint(length).length == prefix) {
          CRC32C sum = new CRC32C();
          sum.update(varint(length));
          sum.update(bytes, at + prefix, length);
          if ((int) sum.getValue() == ByteBuffer.wrap(bytes).getInt(to - CHECKSUM)) {
            return true;
          }
        }
      }
    }
    return false;
  }

  private static byte[] varint(int number) {
    byte[] varint = new byte[LONGEST_LENGTH];
    int size = 0;
    int left = number;
    while (left > 0x7f) {
      varint[size++] = (byte) ((left & 0x7f) | 0x80);
      left >>>= 7;
    }
    varint[size++] = (byte) left;
    return java.util.Arrays.copyOf(varint, size);
  }

  /** Term and index, the fields 1 and 2 of Ratis' LogEntryProto; 0 is left out. */
  private long[] position(int from, int to) {
    long[] position = new long[2];
    int at = from;
    for (int field = 0; field < 2; field++) {
      if (at < to && bytes[at] == (field + 1) << 3) {
        int shift = 0;
        byte part;
        do {
          part = bytes[++at];
          position[field] |= (long) (part & 0x7f) << shift;
          shift += 7;
        } while (part < 0 && shift < 64 && at + 1 < to);
        at++;
      }
    }
    return position;
  }

  /** The number that a varint is; -1 for what is none, the greatest for one that is cut off. */
  int length(int at) {
    long number = 0;
    for (int i = 0; i < LONGEST_LENGTH && at + i < bytes.length; i++) {
      number |= (long) (bytes[at + i] & 0x7f) << (7 * i);
      if (bytes[at + i] >= 0) {
        return number >= Integer.MAX_VALUE ? -1 : (int) number;
      }
    }
    return at + LONGEST_LENGTH > bytes.length ? Integer.MAX_VALUE : -1;
  }

  int lengthBytes(int at) {
    int count = 1;
    while (count < LONGEST_LENGTH && at + count < bytes.length && bytes[at + count - 1] < 0) {
      count++;
    }
    return count;
  }
}

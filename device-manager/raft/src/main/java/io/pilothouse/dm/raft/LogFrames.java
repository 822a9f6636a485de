package io.pilothouse.dm.raft;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.OptionalLong;
import java.util.zip.CRC32C;

/**
 * The bytes of a segment of Ratis' log: {@code RaftLog1}, then for each entry its length as a
 * varint, its bytes, and a CRC-32C of both; zeros behind the last one. Looks at nothing of an entry
 * but its term and index.
 *
 * <p>Ratis itself takes an entry that reaches beyond the end of the file for one that a crash has
 * cut, and drops it with all that follows. One flipped bit in a length makes such an entry of a
 * sound one, and what is dropped may have been acknowledged.
 */
final class LogFrames {
  private static final byte[] HEADER = "RaftLog1".getBytes(US_ASCII);
  private static final int CHECKSUM = 4;
  private static final int LONGEST = RaftSettings.MAX_ENTRY_BYTES + (64 << 10);
  private static final int LONGEST_LENGTH = 5;

  /**
   * What a segment holds.
   *
   * @param entries that are whole, from the first on
   * @param term of the last of these
   * @param damage what is wrong behind them; empty when nothing is, or only what a crash leaves
   */
  record Held(long entries, long term, String damage) {}

  private record Frame(int start, int length, long term, long index) {
    int end() {
      return start + length + CHECKSUM;
    }
  }

  private final byte[] bytes;

  private LogFrames(byte[] bytes) {
    this.bytes = bytes;
  }

  /**
   * Reads a segment.
   *
   * @param first index that it begins with
   * @param last index that its name promises; absent in the one that is written to
   */
  static Held read(Path segment, long first, OptionalLong last) throws IOException {
    return new LogFrames(Files.readAllBytes(segment)).held(first, last);
  }

  private Held held(long first, OptionalLong last) {
    int header = Arrays.mismatch(bytes, HEADER);
    if (header >= 0 && header < HEADER.length) {
      boolean begun = last.isEmpty() && isZero(header);
      return new Held(0, 0, begun ? "" : "it does not begin as a segment does");
    }
    int at = HEADER.length;
    long index = first;
    long term = 0;
    while (at < bytes.length && (last.isEmpty() || index <= last.getAsLong())) {
      if (bytes[at] == 0) {
        String damage = isZero(at) ? "" : "behind byte %d are zeros, and then more".formatted(at);
        return ended(first, index, term, last, damage);
      }
      Frame frame = whole(at);
      if (frame == null) {
        return ended(first, index, term, last, damage(at, index));
      }
      if (frame.index() != index) {
        return new Held(
            index - first,
            term,
            "at byte %d is index %d, not %d".formatted(at, frame.index(), index));
      }
      index++;
      term = frame.term();
      at = frame.end();
    }
    return ended(first, index, term, last, "");
  }

  private static Held ended(long first, long next, long term, OptionalLong last, String damage) {
    boolean tooFew = last.isPresent() && next <= last.getAsLong();
    return new Held(
        next - first,
        term,
        damage.isEmpty() && tooFew
            ? "it ends before index %d, and its name promises %d".formatted(next, last.getAsLong())
            : damage);
  }

  /** Of the bytes where an entry should be; empty for one that a crash has cut. */
  private String damage(int at, long index) {
    int length = length(at);
    boolean reachesBeyond =
        length > 0 && (long) at + lengthBytes(at) + length + CHECKSUM > bytes.length;
    if (length != 0 && !reachesBeyond) {
      return "the checksum at byte %d does not fit".formatted(at);
    }
    for (int later = at + 1; later < bytes.length; later++) {
      Frame frame = looksLikeEntry(later) ? whole(later) : null;
      if (frame != null && frame.index() > index) {
        return "at byte %d is no entry, and at byte %d is index %d"
            .formatted(at, later, frame.index());
      }
    }
    return hasOtherLength(at) ? "the length at byte %d is not what it was".formatted(at) : "";
  }

  /** Whether the rest is a whole entry but for its length: then no crash has cut it. */
  private boolean hasOtherLength(int at) {
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
    return Arrays.copyOf(varint, size);
  }

  /** The entry at a byte, or null where none is whole. */
  private @org.jspecify.annotations.Nullable Frame whole(int at) {
    int length = length(at);
    int start = at + lengthBytes(at);
    if (length <= 0 || length > LONGEST || (long) start + length + CHECKSUM > bytes.length) {
      return null;
    }
    CRC32C sum = new CRC32C();
    sum.update(bytes, at, start - at + length);
    if ((int) sum.getValue() != ByteBuffer.wrap(bytes).getInt(start + length)) {
      return null;
    }
    long[] position = position(start, start + length);
    return new Frame(start, length, position[0], position[1]);
  }

  /** Cheap, since each byte behind a damaged entry is looked at. */
  private boolean looksLikeEntry(int at) {
    int start = at + lengthBytes(at);
    return start < bytes.length && (bytes[start] == 0x08 || bytes[start] == 0x10);
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

  /** The number that a varint is; -1 for what is none. */
  private int length(int at) {
    long number = 0;
    for (int i = 0; i < LONGEST_LENGTH && at + i < bytes.length; i++) {
      number |= (long) (bytes[at + i] & 0x7f) << (7 * i);
      if (bytes[at + i] >= 0) {
        return number > Integer.MAX_VALUE ? -1 : (int) number;
      }
    }
    return at + LONGEST_LENGTH > bytes.length ? Integer.MAX_VALUE : -1;
  }

  private int lengthBytes(int at) {
    int count = 1;
    while (count < LONGEST_LENGTH && at + count < bytes.length && bytes[at + count - 1] < 0) {
      count++;
    }
    return count;
  }

  private boolean isZero(int from) {
    for (int i = from; i < bytes.length; i++) {
      if (bytes[i] != 0) {
        return false;
      }
    }
    return true;
  }
}

package io.pilothouse.dm.raft;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Reads a segment of Ratis' log: {@code RaftLog1}, then the entries; zeros behind the last one.
 * Looks at nothing of an entry but its term and index.
 *
 * <p>Ratis itself takes an entry that reaches beyond the end of the file for one that a crash has
 * cut, and drops it with all that follows; one flipped bit in a length makes such an entry of a
 * sound one, and what is dropped may have been acknowledged. Of what a crash really leaves, which
 * is inside of the file, it says that it is corrupt, and does not start.
 */
final class LogFrames {
  private static final byte[] HEADER = "RaftLog1".getBytes(US_ASCII);

  /** How a segment ends. */
  enum End {
    /** As it should. */
    SOUND,
    /** With what a crash leaves of entries that were being written. */
    CUT,
    /** At an entry's end, before the index that its name promises. */
    SHORT,
    /** In a way that no crash makes. */
    DAMAGED
  }

  /**
   * What a segment holds.
   *
   * @param entries that are whole, from the first on
   * @param term of the last of these
   * @param bytes up to their end
   * @param why it does not end as it should; empty for one that does
   */
  record Held(long entries, long term, long bytes, End end, String why) {}

  private final LogBytes bytes;
  private final long first;
  private final OptionalLong last;

  private LogFrames(LogBytes bytes, long first, OptionalLong last) {
    this.bytes = bytes;
    this.first = first;
    this.last = last;
  }

  /**
   * Reads a segment.
   *
   * @param first index that it begins with
   * @param last index that its name promises; absent in the one that is written to
   */
  static Held read(Path segment, long first, OptionalLong last) throws IOException {
    byte[] bytes = Files.readAllBytes(segment);
    int header = Arrays.mismatch(bytes, HEADER);
    if (header >= 0 && header < HEADER.length) {
      boolean begun = last.isEmpty() && new LogBytes(bytes).isZero(header, bytes.length);
      return begun
          ? new Held(0, 0, 0, End.SOUND, "")
          : new Held(0, 0, 0, End.DAMAGED, "it does not begin as a segment does");
    }
    return new LogFrames(new LogBytes(bytes), first, last).held();
  }

  private Held held() {
    int at = HEADER.length;
    long index = first;
    long term = 0;
    while (at < bytes.size() && (last.isEmpty() || index <= last.getAsLong())) {
      LogBytes.@Nullable Frame frame = bytes.whole(at);
      if (frame == null && bytes.isZero(at, bytes.size())) {
        break;
      }
      if (frame == null) {
        String damage = new LogTail(bytes).damage(at, index);
        return damage.isEmpty()
            ? held(index, term, at, End.CUT, "the entry at byte %d is cut off".formatted(at))
            : held(index, term, at, End.DAMAGED, damage);
      }
      if (frame.index() != index) {
        String why = "at byte %d is index %d, not %d".formatted(at, frame.index(), index);
        return held(index, term, at, End.DAMAGED, why);
      }
      index++;
      term = frame.term();
      at = frame.end();
    }
    return last.isPresent() && index <= last.getAsLong()
        ? held(
            index,
            term,
            at,
            End.SHORT,
            "it ends before index %d, and its name promises %d".formatted(index, last.getAsLong()))
        : held(index, term, at, End.SOUND, "");
  }

  private Held held(long next, long term, int at, End end, String why) {
    return new Held(next - first, term, at, end, why);
  }
}

package io.pilothouse.mesos;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Takes a RecordIO stream in whatever pieces the network cut it. Holds one record at most, and
 * makes room for it as its bytes come, so that a length alone reserves nothing. After an exception
 * it is of no further use.
 */
public final class RecordReader {
  private static final int FIRST_ROOM = 8192;

  private final int longest;
  private int length;
  private int digits;
  private byte @Nullable [] record;
  private int filled;

  /** Refuses records above {@code longest} bytes. */
  public RecordReader(int longest) {
    if (longest < 1) {
      throw new IllegalArgumentException("longest is %d; a record has a byte".formatted(longest));
    }
    this.longest = longest;
  }

  /** Reads all of {@code piece}, and gives each record that it completes. */
  public void feed(ByteBuffer piece, Consumer<byte[]> records) throws RecordException {
    while (piece.hasRemaining()) {
      if (record == null) {
        header(piece.get());
      } else {
        fill(piece, record);
      }
      if (record != null && filled == length) {
        byte[] whole = record;
        record = null;
        length = 0;
        digits = 0;
        records.accept(whole);
      }
    }
  }

  /** The stream is over. */
  public void end() throws RecordException {
    if (record != null) {
      throw new RecordException(
          "the stream ends after %d of a record's %d bytes".formatted(filled, length));
    }
    if (digits > 0) {
      throw new RecordException("the stream ends within a record's length");
    }
  }

  private void header(byte next) throws RecordException {
    if (next == '\n') {
      if (length == 0) {
        throw new RecordException(
            digits == 0 ? "a record without a length" : "a record of 0 bytes; at least 1 expected");
      }
      record = new byte[Math.min(length, FIRST_ROOM)];
      filled = 0;
      return;
    }
    if (next < '0' || next > '9') {
      throw new RecordException(
          "byte 0x%02x in a record's length; expected digits and a line feed"
              .formatted(next & 0xff));
    }
    digits++;
    long so = length * 10L + (next - '0');
    if (so > longest || digits > 20) {
      throw new RecordException("a record above %d bytes".formatted(longest));
    }
    length = (int) so;
  }

  private void fill(ByteBuffer piece, byte[] room) {
    byte[] enough = room;
    int take = Math.min(piece.remaining(), length - filled);
    if (filled + take > room.length) {
      int more = (int) Math.min(length, Math.max(room.length * 2L, filled + take));
      enough = Arrays.copyOf(room, more);
    }
    piece.get(enough, filled, take);
    filled += take;
    record = enough;
  }
}

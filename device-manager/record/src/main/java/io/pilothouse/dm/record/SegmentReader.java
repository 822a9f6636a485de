package io.pilothouse.dm.record;

import com.google.protobuf.InvalidProtocolBufferException;
import io.pilothouse.api.log.v1.RecordItem;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** The items of one segment, in order, each checked. */
public final class SegmentReader implements AutoCloseable {

  private final String name;
  private final InputStream in;
  private long offset;
  private long consumed;
  private boolean torn;

  /**
   * Reads from a stream.
   *
   * @param name of the segment, for messages
   */
  public SegmentReader(String name, InputStream in) {
    this.name = name;
    this.in = in;
  }

  /** Reads a file. */
  public static SegmentReader open(Path file) throws IOException {
    return new SegmentReader(
        String.valueOf(file.getFileName()),
        new BufferedInputStream(Files.newInputStream(file), 1 << 16));
  }

  /**
   * The next item; empty at the end, and where an item was not written to its end.
   *
   * @throws RecordDamagedException when what was written was changed since
   */
  public Optional<RecordItem> next() throws IOException {
    Optional<byte[]> bytes = nextBytes();
    if (bytes.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(RecordItem.parseFrom(bytes.get()));
    } catch (InvalidProtocolBufferException e) {
      throw new RecordDamagedException(
          name, offset - bytes.get().length - Frames.HEADER, "not an item: " + e.getMessage());
    }
  }

  /** As {@link #next}, but the item is checked only, not parsed. */
  Optional<byte[]> nextBytes() throws IOException {
    byte[] header = in.readNBytes(Frames.HEADER);
    consumed += header.length;
    if (header.length < Frames.HEADER) {
      torn = header.length > 0;
      return Optional.empty();
    }
    ByteBuffer fields = ByteBuffer.wrap(header);
    int length = fields.getInt();
    int lengthSum = fields.getInt();
    int sum = fields.getInt();
    if (lengthSum != Frames.lengthSum(length) || length < 0 || length > Frames.LONGEST) {
      throw new RecordDamagedException(name, offset, "the length of an item is not what it was");
    }
    byte[] item = in.readNBytes(length);
    consumed += item.length;
    if (item.length < length) {
      torn = true;
      return Optional.empty();
    }
    if (sum != Frames.sum(item, 0, length)) {
      throw new RecordDamagedException(
          name, offset, "the checksum of an item of %d bytes does not fit".formatted(length));
    }
    offset += Frames.HEADER + length;
    return Optional.of(item);
  }

  /** Where the next item begins, in bytes: all before it is whole. */
  public long offset() {
    return offset;
  }

  /** How many bytes were looked at, those of a bad item included. */
  long consumed() {
    return consumed;
  }

  /** Whether the last item was not written to its end. */
  public boolean isTorn() {
    return torn;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}

package io.pilothouse.dm.record;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.pilothouse.api.log.v1.RecordBase;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/** The record in pages: bytes of segments as they are on disk, for a reader elsewhere to check. */
public final class RecordPages {

  /** Bytes of a page at most. */
  public static final int PAGE = 1 << 20;

  private final Path dir;

  /** Pages of the segments in a directory; each call looks anew. */
  public RecordPages(Path dir) {
    this.dir = dir;
  }

  /**
   * A page.
   *
   * @param bytes as they stand in the segment, from {@code offset} on
   * @param cursor for the next page; empty when this was the last
   * @param oldest the record begins at this time, milliseconds; 0 = it is empty
   */
  public record Page(ByteString bytes, String cursor, long oldest, String segment, long offset) {}

  /** The cursor is none of ours, or its segment has made room since. */
  public static final class NoSuchPlaceException extends IOException {
    private static final long serialVersionUID = 1;

    NoSuchPlaceException(String message) {
      super(message);
    }
  }

  /**
   * The first page: of the newest segment that begins at or before a time, or of the oldest.
   *
   * @param from milliseconds since the epoch; 0 = the oldest
   */
  public Page first(long from) throws IOException {
    List<Path> segments = Segments.list(dir);
    if (segments.isEmpty()) {
      return new Page(ByteString.EMPTY, "", 0, "", 0);
    }
    Path begin = segments.get(0);
    for (Path each : segments) {
      if (Segments.base(each).getAt() <= from) {
        begin = each;
      }
    }
    // to is looked at from the second segment on: one that holds from is always read
    return page(segments, segments.indexOf(begin), 0, Long.MAX_VALUE);
  }

  /**
   * The page after another.
   *
   * @param to milliseconds since the epoch: no segment that begins later is read; 0 = all
   */
  public Page next(String cursor, long to) throws IOException {
    int colon = cursor.indexOf(':');
    String name = colon < 0 ? "" : cursor.substring(0, colon);
    if (!Segments.isName(name) || !cursor.substring(colon + 1).matches("\\d{1,18}")) {
      throw new NoSuchPlaceException("'%s' is not a cursor that an answer gave".formatted(cursor));
    }
    List<Path> segments = Segments.list(dir);
    int at = segments.indexOf(dir.resolve(name));
    if (at < 0) {
      throw new NoSuchPlaceException("segment %s has made room meanwhile".formatted(name));
    }
    return page(
        segments, at, Long.parseLong(cursor.substring(colon + 1)), to == 0 ? Long.MAX_VALUE : to);
  }

  private static Page page(List<Path> segments, int at, long offset, long to) throws IOException {
    RecordBase oldest = Segments.base(segments.get(0));
    Path file = segments.get(at);
    String name = String.valueOf(file.getFileName());
    if (offset == 0 && Segments.base(file).getAt() > to) {
      return new Page(ByteString.EMPTY, "", oldest.getAt(), name, 0);
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long size = channel.size();
      ByteBuffer bytes = ByteBuffer.allocate(Math.clamp(size - offset, 0, PAGE));
      while (bytes.hasRemaining() && channel.read(bytes, offset + bytes.position()) > 0) {
        // until the page is full
      }
      ByteString page = UnsafeByteOperations.unsafeWrap(bytes.flip());
      long end = offset + page.size();
      String cursor = "";
      if (end < size) {
        cursor = name + ":" + end;
      } else if (at + 1 < segments.size()) {
        cursor = segments.get(at + 1).getFileName() + ":0";
      }
      return new Page(page, cursor, oldest.getAt(), name, offset);
    } catch (NoSuchFileException e) {
      throw new NoSuchPlaceException("segment %s has made room meanwhile".formatted(name));
    }
  }
}

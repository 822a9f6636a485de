package io.pilothouse.dm.record;

import io.pilothouse.api.log.v1.RecordBase;
import io.pilothouse.api.log.v1.RecordItem;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where writing goes on in a segment after a restart.
 *
 * @param index of the last entry that it holds whole, or of its base
 * @param at time of the base
 * @param length bytes of whole items
 * @param entryBytes of those, in entries
 */
record SegmentEnd(long index, long at, long length, long entryBytes) {

  /**
   * Finds the end, and cuts what a crash left behind it.
   *
   * @throws RecordDamagedException when the segment is damaged before its end; it is left alone
   */
  static SegmentEnd recover(Path file) throws IOException {
    SegmentEnd end = scan(file);
    if (end.length() < Files.size(file)) {
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
        channel.truncate(end.length());
        channel.force(true);
      }
    }
    return end;
  }

  private static SegmentEnd scan(Path file) throws IOException {
    RecordBase base = Segments.base(file);
    long size = Files.size(file);
    try (SegmentReader reader = SegmentReader.open(file)) {
      for (long i = 0; i <= base.getEntities(); i++) {
        if (reader.nextBytes().isEmpty()) {
          throw new RecordDamagedException(
              String.valueOf(file.getFileName()),
              reader.offset(),
              "its base of %d entities ends after %d".formatted(base.getEntities(), i - 1));
        }
      }
      long baseEnd = reader.offset();
      byte @Nullable [] last = null;
      Optional<byte[]> next = nextUnlessTail(reader, file, size);
      while (next.isPresent()) {
        last = next.get();
        next = nextUnlessTail(reader, file, size);
      }
      long index =
          last == null ? base.getIndex() : RecordItem.parseFrom(last).getEntry().getIndex();
      return new SegmentEnd(index, base.getAt(), reader.offset(), reader.offset() - baseEnd);
    }
  }

  /** A bad item that reaches to the end of the file is what a crash leaves, and so are zeros. */
  private static Optional<byte[]> nextUnlessTail(SegmentReader reader, Path file, long size)
      throws IOException {
    try {
      return reader.nextBytes();
    } catch (RecordDamagedException e) {
      if (reader.consumed() == size || isZero(file, reader.offset())) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private static boolean isZero(Path file, long from) throws IOException {
    try (var in = Files.newInputStream(file)) {
      in.skipNBytes(from);
      byte[] block = new byte[1 << 16];
      for (int n = in.read(block); n > 0; n = in.read(block)) {
        for (int i = 0; i < n; i++) {
          if (block[i] != 0) {
            return false;
          }
        }
      }
      return true;
    }
  }
}

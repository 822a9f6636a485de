package io.pilothouse.dm.record;

import io.pilothouse.api.log.v1.RecordItem;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A segment that is being written. It has its name only once its base is complete. */
final class Segment {

  private static final Logger log = LoggerFactory.getLogger(Segment.class);
  private static final int BUFFER = 1 << 18;

  private final Path file;
  private final Path unfinished;
  private final RecordDisk.Output output;
  private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER);

  /** All before it are whole items. */
  private long written;

  private boolean dirty;

  private Segment(Path file, Path unfinished, RecordDisk.Output output, long written) {
    this.file = file;
    this.unfinished = unfinished;
    this.output = output;
    this.written = written;
  }

  static Segment begin(Path dir, long firstIndex, RecordDisk disk) throws IOException {
    Path file = Segments.file(dir, firstIndex);
    Path unfinished = file.resolveSibling(file.getFileName() + Segments.UNFINISHED);
    RecordDisk.Output output =
        disk.open(
            unfinished,
            0,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE);
    return new Segment(file, unfinished, output, 0);
  }

  static Segment resume(Path file, long length, RecordDisk disk) throws IOException {
    return new Segment(file, file, disk.open(file, length, StandardOpenOption.WRITE), length);
  }

  /** Returns how many bytes it takes. */
  int write(RecordItem item) throws IOException {
    ByteBuffer frame = Frames.of(item);
    int size = frame.remaining();
    if (size > buffer.remaining()) {
      flush();
    }
    if (size > buffer.remaining()) {
      output.write(frame);
      written += size;
      dirty = true;
    } else {
      buffer.put(frame);
    }
    return size;
  }

  /** Hands what is buffered to the operating system. */
  void flush() throws IOException {
    if (buffer.position() == 0) {
      return;
    }
    int size = buffer.position();
    buffer.flip();
    output.write(buffer);
    buffer.clear();
    written += size;
    dirty = true;
  }

  void sync() throws IOException {
    flush();
    if (dirty) {
      output.force();
      dirty = false;
    }
  }

  /** The base is complete: the segment gets its name. */
  void finishBase() throws IOException {
    sync();
    Files.move(
        unfinished, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /** As if it had never begun. */
  void discard() {
    try {
      output.close();
      Files.deleteIfExists(unfinished);
    } catch (IOException e) {
      log.debug("{} stays behind, and is removed at the next start", unfinished, e);
    }
  }

  /** Ends it after its last whole item, whatever the disk says. */
  void close() {
    try (output) {
      try {
        sync();
      } catch (IOException e) {
        // half an item may be there: readers take it for the end, but it would be one of a crash
        output.truncate(written);
        throw e;
      }
    } catch (IOException e) {
      log.debug("{} ends early", file, e);
    }
  }
}

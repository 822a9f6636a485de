package io.pilothouse.dm.record;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Old segments give way to new ones, whole and oldest first; the newest always stays. */
final class Retention {

  private static final Logger log = LoggerFactory.getLogger(Retention.class);

  private Retention() {}

  /** Called when a segment has begun, so that the newest base tells the time. */
  static void cut(Path dir, RecordSettings settings) throws IOException {
    List<Path> segments = Segments.list(dir);
    long bytes = bytes(dir);
    for (int i = 0; i < segments.size() - 1; i++) {
      long endedAt = Segments.base(segments.get(i + 1)).getAt();
      long now = Segments.base(segments.get(segments.size() - 1)).getAt();
      boolean old = now - endedAt > settings.keepAge().toMillis();
      if (!old && bytes <= settings.keepBytes()) {
        return;
      }
      bytes -= Files.size(segments.get(i));
      Files.delete(segments.get(i));
      log.info("{} made room in the record", segments.get(i).getFileName());
    }
  }

  static long bytes(Path dir) throws IOException {
    long bytes = 0;
    for (Path segment : Segments.list(dir)) {
      bytes += Files.size(segment);
    }
    return bytes;
  }

  /** Removes what a crash left of a segment whose base was not complete. */
  static void removeUnfinished(Path dir) throws IOException {
    List<Path> left;
    try (Stream<Path> files = Files.list(dir)) {
      left = files.filter(each -> each.toString().endsWith(Segments.UNFINISHED)).toList();
    }
    for (Path each : left) {
      Files.delete(each);
    }
  }
}

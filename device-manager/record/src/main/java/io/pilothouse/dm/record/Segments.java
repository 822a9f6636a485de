package io.pilothouse.dm.record;

import io.pilothouse.api.log.v1.RecordBase;
import io.pilothouse.api.log.v1.RecordItem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The files of a record. Names sort as the first index that a segment can hold. */
public final class Segments {

  static final String UNFINISHED = ".new";
  private static final Pattern NAME = Pattern.compile("\\d{20}\\.rec");

  private Segments() {}

  static Path file(Path dir, long firstIndex) {
    return dir.resolve("%020d.rec".formatted(firstIndex));
  }

  /** Whether a file name is a segment's. */
  static boolean isName(String name) {
    return NAME.matcher(name).matches();
  }

  /** Whole segments, oldest first; none when there is no such directory. */
  public static List<Path> list(Path dir) throws IOException {
    if (!Files.isDirectory(dir)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(dir)) {
      return files.filter(each -> isName(String.valueOf(each.getFileName()))).sorted().toList();
    }
  }

  /** What a segment begins with. */
  public static RecordBase base(Path segment) throws IOException {
    try (SegmentReader reader = SegmentReader.open(segment)) {
      Optional<RecordItem> first = reader.next();
      if (first.isEmpty() || !first.get().hasBase()) {
        throw new RecordDamagedException(
            String.valueOf(segment.getFileName()), 0, "it does not begin with a base");
      }
      return first.get().getBase();
    }
  }
}

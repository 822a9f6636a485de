package io.pilothouse.dm.backtest;

import io.pilothouse.dm.record.SegmentReader;
import io.pilothouse.dm.record.Segments;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Segments on this disk: the record of a replica, running or not. */
final class DirectorySource implements RecordSource {

  private final Deque<Path> segments = new ArrayDeque<>();
  private final long oldest;
  private @Nullable SegmentReader open;

  DirectorySource(Path dir, long from, long to) throws IOException, BacktestException {
    List<Path> all = Segments.list(dir);
    if (all.isEmpty() && Files.isDirectory(dir.resolve("record"))) {
      all = Segments.list(dir.resolve("record"));
    }
    if (all.isEmpty()) {
      throw new BacktestException(
          BacktestException.FAILED,
          "NO_RECORD",
          dir + " holds no segments of a record",
          "name the directory record/ in a replica's data directory");
    }
    oldest = Segments.base(all.get(0)).getAt();
    for (Path each : all) {
      long at = Segments.base(each).getAt();
      if (at <= from) {
        segments.clear();
      }
      if (at <= to || segments.isEmpty()) {
        segments.add(each);
      }
    }
  }

  @Override
  public Optional<SegmentReader> next() throws IOException {
    close();
    @Nullable Path segment = segments.poll();
    if (segment == null) {
      return Optional.empty();
    }
    open = SegmentReader.open(segment);
    return Optional.of(open);
  }

  @Override
  public long oldest() {
    return oldest;
  }

  @Override
  public void close() throws IOException {
    if (open != null) {
      open.close();
    }
  }
}

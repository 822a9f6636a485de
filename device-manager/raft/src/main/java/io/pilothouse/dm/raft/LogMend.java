package io.pilothouse.dm.raft;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finishes what a crash has interrupted in {@code raft/}, so that Ratis finds a log that it takes.
 * Gathered first, and done when all of the log is looked at: a log that is refused stays as it is.
 */
final class LogMend {
  private static final Logger log = LoggerFactory.getLogger(LogMend.class);

  private interface Step {
    void take() throws IOException;
  }

  private final Path current;
  private final List<Step> steps = new ArrayList<>();

  /**
   * For the segments in a directory.
   *
   * @param current where they are
   */
  LogMend(Path current) {
    this.current = current;
  }

  /** Drops what a crash has left of entries that were not written to their end. */
  void cut(Path segment, LogFrames.Held held) {
    steps.add(
        () -> {
          log.warn(
              "{}: {}, by a crash; it was acknowledged to nobody, and is dropped with the {} bytes"
                  + " behind it",
              segment,
              held.why(),
              Files.size(segment) - held.bytes());
          try (FileChannel file = FileChannel.open(segment, StandardOpenOption.WRITE)) {
            file.truncate(held.bytes());
            file.force(true);
          }
        });
  }

  /** Gives a segment the name that it was to have after it was shortened. */
  void rename(Path segment, long first, LogFrames.Held held) {
    Path to = segment.resolveSibling("log_%d-%d".formatted(first, first + held.entries() - 1));
    steps.add(
        () -> {
          log.warn("{}: {}; a crash came before it was renamed", segment, held.why());
          try (FileChannel file = FileChannel.open(segment, StandardOpenOption.WRITE)) {
            file.truncate(held.bytes());
            file.force(true);
          }
          Files.move(segment, to);
        });
  }

  /** Removes segments that a snapshot holds all of. */
  void purge(List<Path> segments, long snapshot) {
    steps.add(
        () -> {
          for (Path segment : segments) {
            log.warn("{} is removed: the snapshot at index {} holds all of it", segment, snapshot);
            Files.delete(segment);
          }
        });
  }

  /** Does it. */
  void finish() throws IOException {
    for (Step step : steps) {
      step.take();
    }
    if (!steps.isEmpty()) {
      DataFiles.sync(current);
    }
  }
}

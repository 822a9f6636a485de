package io.pilothouse.dm.inspect;

import io.pilothouse.api.log.v1.RecordItem;
import io.pilothouse.api.log.v1.RecordedEntry;
import io.pilothouse.dm.raft.LogFiles;
import io.pilothouse.dm.record.SegmentReader;
import io.pilothouse.dm.record.Segments;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** The entries of a Raft log, or of a record. */
@Command(name = "log", description = "Prints the entries of a Raft log or a record as JSON lines.")
final class LogCommand implements Callable<Integer> {

  @ParentCommand private Main main = Main.UNSET;

  @Parameters(
      paramLabel = "PATH",
      description = "A data directory, a directory of segments, or one.")
  private Path path = Path.of("");

  @Option(names = "--from", paramLabel = "INDEX", description = "Begin.")
  private long from;

  @Option(names = "--to", paramLabel = "INDEX", description = "End.")
  private long to = Long.MAX_VALUE;

  @Override
  public Integer call() throws IOException {
    PrintStream out = main.out();
    if (!Files.exists(path)) {
      throw new IOException(path + " is not there");
    }
    List<Path> record = path.toString().endsWith(".rec") ? List.of(path) : Segments.list(path);
    if (!record.isEmpty()) {
      for (Path each : record) {
        readRecord(each, out);
      }
      return 0;
    }
    List<Path> segments = LogFiles.list(path);
    if (segments.isEmpty()) {
      throw new IOException(path + " holds no segments of a Raft log or a record");
    }
    for (Path each : segments) {
      LogFiles.read(each, logged -> print(logged, out));
    }
    return 0;
  }

  private void print(LogFiles.Logged logged, PrintStream out) {
    if (logged.index() >= from && logged.index() <= to) {
      out.println(
          "{\"index\":%d,\"term\":%d,%s}"
              .formatted(
                  logged.index(),
                  logged.term(),
                  logged
                      .entry()
                      .map(entry -> "\"entry\":" + JsonLines.of(entry))
                      .orElseGet(() -> "\"raft\":" + JsonLines.quoted(logged.raft()))));
    }
  }

  private void readRecord(Path segment, PrintStream out) throws IOException {
    try (SegmentReader reader = SegmentReader.open(segment)) {
      for (Optional<RecordItem> item = reader.next(); item.isPresent(); item = reader.next()) {
        if (item.get().hasEntry()) {
          print(item.get().getEntry(), out);
        }
      }
      if (reader.isTorn()) {
        System.err.println(
            "pilot: %s ends in the middle of an item, at byte %d"
                .formatted(segment, reader.offset()));
      }
    }
  }

  private void print(RecordedEntry entry, PrintStream out) {
    if (entry.getIndex() >= from && entry.getIndex() <= to) {
      out.println(JsonLines.of(entry));
    }
  }
}

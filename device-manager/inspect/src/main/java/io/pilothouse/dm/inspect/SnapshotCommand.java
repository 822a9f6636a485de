package io.pilothouse.dm.inspect;

import com.google.protobuf.Message;
import io.pilothouse.dm.raft.StoredState;
import io.pilothouse.dm.state.FeatureLevel;
import io.pilothouse.dm.state.Table;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** The entities of a state on a disk. */
@Command(name = "snapshot", description = "Prints the entities of a state as JSON lines.")
final class SnapshotCommand implements Callable<Integer> {

  @ParentCommand private Main main = Main.UNSET;

  @Parameters(paramLabel = "PATH", description = "A snapshot, database, backup or data directory.")
  private Path path = Path.of("");

  @Option(names = "--table", paramLabel = "NAME", description = "Only this table.")
  private String table = "";

  @Option(names = "--key", paramLabel = "KEY", description = "Only keys that begin so.")
  private String key = "";

  @Option(names = "--summary", description = "How many of each, and the digest.")
  private boolean summary;

  @Override
  public Integer call() throws IOException {
    List<Table> tables = tables();
    StoredState stored = StoredState.read(path);
    PrintStream out = main.out();
    if (summary) {
      out.println("database  " + stored.from());
      out.println("index     %d (term %d)".formatted(stored.index(), stored.term()));
      out.println("digest    " + stored.digest());
      out.println("level     " + FeatureLevel.of(stored.state()));
      for (Table each : tables) {
        out.println("%-13s %d".formatted(each.storageId(), stored.state().table(each).size()));
      }
      return 0;
    }
    for (Table each : tables) {
      for (Map.Entry<String, Message> entity : stored.state().table(each).entrySet()) {
        if (entity.getKey().startsWith(key)) {
          out.println(
              "{\"table\":%s,\"key\":%s,\"value\":%s}"
                  .formatted(
                      JsonLines.quoted(each.storageId()),
                      JsonLines.quoted(entity.getKey()),
                      JsonLines.of(entity.getValue())));
        }
      }
    }
    return 0;
  }

  private List<Table> tables() {
    List<Table> wanted =
        Stream.of(Table.values())
            .filter(each -> table.isEmpty() || each.storageId().equals(table))
            .toList();
    if (wanted.isEmpty()) {
      throw new IllegalArgumentException(
          "no table '%s'; there are %s"
              .formatted(table, Stream.of(Table.values()).map(Table::storageId).toList()));
    }
    return wanted;
  }
}

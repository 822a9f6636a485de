package io.pilothouse.dm.inspect;

import com.google.protobuf.Message;
import io.pilothouse.dm.raft.StoredState;
import io.pilothouse.dm.state.Table;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.SortedMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** Where two states differ. */
@Command(name = "diff", description = "Compares two states, entity by entity.")
final class DiffCommand implements Callable<Integer> {

  @ParentCommand private Main main = Main.UNSET;

  @Parameters(paramLabel = "A", description = "A snapshot, database, backup or data directory.")
  private Path one = Path.of("");

  @Parameters(paramLabel = "B", description = "Another one.")
  private Path other = Path.of("");

  @Option(names = "--most", paramLabel = "N", description = "Differences shown.")
  private int most = 20;

  @Override
  public Integer call() throws IOException {
    StoredState a = StoredState.read(one);
    StoredState b = StoredState.read(other);
    PrintStream out = main.out();
    out.println("A %s at index %d, digest %s".formatted(a.from(), a.index(), a.digest()));
    out.println("B %s at index %d, digest %s".formatted(b.from(), b.index(), b.digest()));
    int found = 0;
    for (Table table : Table.values()) {
      SortedMap<String, Message> left = a.state().table(table);
      SortedMap<String, Message> right = b.state().table(table);
      TreeSet<String> keys = new TreeSet<>(left.keySet());
      keys.addAll(right.keySet());
      for (String key : keys) {
        @Nullable Message inA = left.get(key);
        @Nullable Message inB = right.get(key);
        if (inA != null && inA.equals(inB)) {
          continue;
        }
        found++;
        if (found <= most) {
          out.println(table.storageId() + " " + (key.isEmpty() ? "(the only one)" : key));
          out.println("  A " + (inA == null ? "has none" : JsonLines.of(inA)));
          out.println("  B " + (inB == null ? "has none" : JsonLines.of(inB)));
        }
      }
    }
    out.println(
        found == 0
            ? "the states are the same"
            : "%d entities differ%s"
                .formatted(found, found > most ? ", of which %d are shown".formatted(most) : ""));
    return found == 0 ? 0 : Main.DIFFERENT;
  }
}

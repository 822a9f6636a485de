package io.pilothouse.dm.inspect;

import io.pilothouse.dm.raft.BackupManifest;
import io.pilothouse.dm.raft.RecordReplay;
import io.pilothouse.dm.raft.Restore;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** Makes what a new cluster begins with. */
@Command(name = "restore", description = "Makes of a backup what a new cluster begins with.")
final class RestoreCommand implements Callable<Integer> {

  @ParentCommand private Main main = Main.UNSET;

  @Parameters(paramLabel = "BACKUP", description = "Made by pilot dm backup.")
  private Path backup = Path.of("");

  @Parameters(paramLabel = "TARGET", description = "A new directory.")
  private Path target = Path.of("");

  @Option(names = "--cluster", paramLabel = "NAME", required = true, description = "A new name.")
  private String cluster = "";

  @Option(names = "--record", paramLabel = "DIR", description = "What was decided later.")
  private @Nullable Path record;

  @Option(names = "--until", paramLabel = "INDEX|TIME", description = "Up to here.")
  private String until = "";

  @Override
  public Integer call() throws IOException {
    BackupManifest made = Restore.prepare(backup, target, cluster, later());
    main.out()
        .println(
            ("%s is what cluster %s begins with: the state of %s, its log begins at index %d%n"
                    + "copy it to the host of each new replica, and start those with"
                    + " --cluster %s --restore DIR and an empty --data")
                .formatted(
                    target, cluster, Instant.ofEpochMilli(made.at()), made.index(), cluster));
    return 0;
  }

  private Optional<RecordReplay> later() {
    @Nullable Path dir = record;
    if (dir == null) {
      if (!until.isEmpty()) {
        throw new IllegalArgumentException(
            "--until needs --record DIR: a backup alone holds one moment only");
      }
      return Optional.empty();
    }
    if (until.isEmpty()) {
      return Optional.of(new RecordReplay(dir, Long.MAX_VALUE, Long.MAX_VALUE));
    }
    return Optional.of(
        until.matches("[0-9]{1,18}")
            ? new RecordReplay(dir, Long.parseLong(until), Long.MAX_VALUE)
            : new RecordReplay(dir, Long.MAX_VALUE, Instant.parse(until).toEpochMilli()));
  }
}

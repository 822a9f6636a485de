package io.pilothouse.dm.inspect;

import io.pilothouse.dm.raft.BackupManifest;
import io.pilothouse.dm.raft.StoredState;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** Whether a backup is what it says. */
@Command(name = "verify", description = "Compares a backup with what it says of itself.")
final class VerifyCommand implements Callable<Integer> {

  @ParentCommand private Main main = Main.UNSET;

  @Parameters(paramLabel = "DIR", description = "Made by pilot dm backup or restore.")
  private Path dir = Path.of("");

  @Override
  public Integer call() throws IOException {
    List<String> damage = StoredState.damage(dir);
    if (!damage.isEmpty()) {
      throw new IOException(String.join(System.lineSeparator(), damage));
    }
    BackupManifest manifest = BackupManifest.read(dir);
    main.out()
        .println(
            "%s is whole: a %s of cluster %s at index %d, %s, %d files, digest %s"
                .formatted(
                    dir,
                    manifest.kind(),
                    manifest.cluster(),
                    manifest.index(),
                    Instant.ofEpochMilli(manifest.at()),
                    manifest.files().size(),
                    manifest.digest()));
    return 0;
  }
}

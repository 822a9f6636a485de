package io.pilothouse.agent;

import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.processes.Family;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Ends what an agent before this one started and nobody wants any more. */
final class Orphans {
  private static final Duration GRACE = Duration.ofSeconds(5);

  private Orphans() {}

  /** Ends all but the remembered processes of a version. */
  static void stop(Surroundings around, Optional<VersionRef> keep)
      throws IOException, InterruptedException {
    Disk disk = around.disk();
    Set<String> known = new HashSet<>();
    for (Map.Entry<String, RunFile> each : RunFile.all(disk).entrySet()) {
      String name = each.getKey();
      RunFile run = each.getValue();
      boolean wanted =
          keep.filter(version -> RunningVersion.text(version).equals(run.version())).isPresent();
      if (wanted && run.runs()) {
        known.add(name);
        continue;
      }
      if (run.runs()) {
        Family family =
            new Family(
                run.pid(), Family.marks(disk.root(), Family.PROCESS, name), Optional.empty());
        family.terminate();
        family.end(GRACE);
      }
      new Secrets(disk).take(name);
      Files.deleteIfExists(RunFile.of(disk, name));
    }
    Family.killForgotten(disk.root(), Family.PROCESS, known);
    around.cgroups().retain(known);
  }
}

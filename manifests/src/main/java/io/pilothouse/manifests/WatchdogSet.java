package io.pilothouse.manifests;

import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.manifests.text.Problems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A directory with health scripts that come and go together: rolled out like a manifest, where the
 * watchdogs of a fleet directory change everywhere at once.
 *
 * @param watchdogs with their scripts, at least one, by name
 */
public record WatchdogSet(String name, String version, List<WatchdogSpec> watchdogs) {
  /** The file's name at the top of the directory. */
  public static final String FILE = "watchdogs.yaml";

  public WatchdogSet {
    watchdogs = List.copyOf(watchdogs);
  }

  /** Reads and checks a directory. */
  public static LoadResult<WatchdogSet> load(Path dir) {
    boolean other =
        !Files.exists(dir.resolve(FILE))
            || ContentReader.kindIn(dir, ManifestSpec.FILE)
                .filter(ContentTables.WATCHDOG_SET.name()::equals)
                .isPresent();
    boolean byManifest = other && Files.exists(dir.resolve(ManifestSpec.FILE));
    Problems problems = new Problems();
    Optional<WatchdogSet> set =
        new WatchdogSetReader(dir, byManifest ? ManifestSpec.FILE : FILE, problems).read();
    return LoadResult.of(problems, set::orElseThrow);
  }
}

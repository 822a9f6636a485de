package io.pilothouse.agent;

import io.pilothouse.filesync.IndexDifference;
import io.pilothouse.filesync.IndexFile;
import io.pilothouse.filesync.client.Fetcher;
import io.pilothouse.manifests.ManifestSpec;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Whether two versions of a manifest differ in nothing but configuration. */
final class ConfigChange {
  private ConfigChange() {}

  /**
   * Whether processes of one version may become those of the next without a restart: they are the
   * same, and every file that differs is configuration in both.
   */
  static boolean isOnly(RunningVersion from, RunningVersion to, Disk disk) throws IOException {
    ManifestSpec before = from.manifest();
    ManifestSpec after = to.manifest();
    boolean same =
        before.name().equals(after.name())
            && before.config().equals(after.config())
            && before.ports().equals(after.ports())
            && names(before).equals(names(after));
    if (!same) {
      return false;
    }
    Path directory = disk.version(from.version());
    Optional<IndexFile> old = Fetcher.publishedIndex(directory);
    Optional<IndexFile> fresh = Fetcher.publishedIndex(disk.version(to.version()));
    // the manifest itself differs by its version at least; what it says was compared
    return old.isPresent()
        && fresh.isPresent()
        && IndexDifference.isOnlyIn(
            old.get(), fresh.get(), each -> each.equals(ManifestSpec.FILE) || after.isConfig(each));
  }

  private static Set<String> names(ManifestSpec manifest) {
    return manifest.processes().stream().map(each -> each.name()).collect(Collectors.toSet());
  }
}

package io.pilothouse.agent;

import io.pilothouse.filesync.IndexDifference;
import io.pilothouse.filesync.IndexFile;
import io.pilothouse.filesync.client.Fetcher;
import io.pilothouse.manifests.ManifestSpec;
import java.io.IOException;
import java.util.Optional;

/** Whether two versions of a manifest differ in nothing but configuration. */
final class ConfigChange {
  private ConfigChange() {}

  /** Whether processes of one version may become those of the next without a restart of all. */
  static boolean isOnly(RunningVersion from, RunningVersion to, Disk disk) throws IOException {
    ManifestSpec after = to.manifest();
    if (!after.hasProcessesOf(from.manifest())) {
      return false;
    }
    Optional<IndexFile> old = Fetcher.publishedIndex(disk.version(from.version()));
    Optional<IndexFile> fresh = Fetcher.publishedIndex(disk.version(to.version()));
    return old.isPresent()
        && fresh.isPresent()
        && IndexDifference.isOnlyIn(old.get(), fresh.get(), after::mayDiffer);
  }
}

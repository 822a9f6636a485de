package io.pilothouse.agent;

import io.pilothouse.manifests.LoadResult;
import io.pilothouse.manifests.ManifestSpec;
import java.io.IOException;
import java.nio.file.Path;

/** Reads {@code manifest.yaml} of a staged version. */
final class ManifestProcesses {
  private ManifestProcesses() {}

  static ManifestSpec of(Path directory) throws IOException {
    return switch (ManifestSpec.load(directory)) {
      case LoadResult.Loaded<ManifestSpec> loaded -> loaded.value();
      case LoadResult.Rejected<ManifestSpec> rejected ->
          throw new IOException(
              "the manifest cannot be run: "
                  + String.join("; ", rejected.problems().stream().map(String::valueOf).toList()));
    };
  }
}

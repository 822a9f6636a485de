package io.pilothouse.agent;

import io.pilothouse.manifests.LoadResult;
import io.pilothouse.manifests.ManifestSpec;
import io.pilothouse.manifests.ProcessSpec;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Reads {@code manifest.yaml} of a staged version. */
final class ManifestProcesses implements ApplicationManager.Processes {

  @Override
  public List<ProcessSpec> of(Path directory) throws IOException {
    return switch (ManifestSpec.load(directory)) {
      case LoadResult.Loaded<ManifestSpec> loaded -> loaded.value().processes();
      case LoadResult.Rejected<ManifestSpec> rejected ->
          throw new IOException(
              "the manifest cannot be run: "
                  + String.join("; ", rejected.problems().stream().map(String::valueOf).toList()));
    };
  }
}

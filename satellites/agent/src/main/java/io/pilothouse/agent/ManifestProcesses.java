package io.pilothouse.agent;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Reads {@code manifest.yaml} of a staged version. */
final class ManifestProcesses implements ApplicationManager.Processes {

  @Override
  public List<ProcessSpec> of(Path directory) throws IOException {
    throw new IOException("not wired: " + directory);
  }
}

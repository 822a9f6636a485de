package io.pilothouse.manifests;

import io.pilothouse.manifests.text.Problems;
import java.nio.file.Path;
import java.util.List;

/**
 * A {@code manifest.yaml}: what a machine runs.
 *
 * @param processes at least one, with distinct names, in the file's order
 */
public record ManifestSpec(String name, String version, List<ProcessSpec> processes) {
  /** The file's name at the top of a manifest directory. */
  public static final String FILE = "manifest.yaml";

  public ManifestSpec {
    processes = List.copyOf(processes);
  }

  /** Reads the {@value #FILE} of a directory. */
  public static LoadResult<ManifestSpec> load(Path dir) {
    return new ManifestReader(dir, new Problems()).manifest();
  }
}

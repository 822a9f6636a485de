package io.pilothouse.manifests;

import io.pilothouse.manifests.text.Problems;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A {@code manifest.yaml}: what a machine runs.
 *
 * @param processes at least one, with distinct names, in the file's order
 * @param ports of all processes, as what is added to the machine's {@code PORT}
 * @param afterSwitch what is run once all processes of this version are ready
 * @param config globs of files that may change while processes run on
 */
public record ManifestSpec(
    String name,
    String version,
    List<ProcessSpec> processes,
    SortedMap<String, Integer> ports,
    Optional<Hook> afterSwitch,
    List<String> config) {
  /** The file's name at the top of a manifest directory. */
  public static final String FILE = "manifest.yaml";

  public ManifestSpec {
    processes = List.copyOf(processes);
    ports = Collections.unmodifiableSortedMap(new TreeMap<>(ports));
    config = List.copyOf(config);
  }

  /** A line for {@code /bin/sh -c}, and the time that it has. */
  public record Hook(String run, Duration timeout) {}

  /** Reads the {@value #FILE} of a directory. */
  public static LoadResult<ManifestSpec> load(Path dir) {
    return new ManifestReader(dir, new Problems()).manifest();
  }

  /** Reads the {@value #FILE} alone, where the files that it names are not beside it. */
  public static LoadResult<ManifestSpec> outline(Path dir) {
    return new ManifestReader(dir, new Problems()).outline();
  }

  /** Whether a file may change while processes run on. */
  public boolean isConfig(String file) {
    Path path = Path.of(file);
    return config.stream()
        .anyMatch(each -> FileSystems.getDefault().getPathMatcher("glob:" + each).matches(path));
  }

  /** The variable that tells processes a port. */
  public static String portVariable(String port) {
    return "PORT_" + port.toUpperCase(Locale.ROOT).replace('-', '_');
  }
}

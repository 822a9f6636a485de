package io.pilothouse.manifests;

import io.pilothouse.manifests.text.Problems;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

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

  /**
   * The files that {@link #load} reads beside the {@value #FILE} of a directory, whether they are
   * there or not; none when it cannot be read itself.
   */
  public static List<String> envFiles(Path dir) {
    return new ManifestReader(dir, new Problems()).envFiles();
  }

  /**
   * Whether a version may follow another without a restart of all processes, when no file differs
   * but such that {@link #mayDiffer}: they are the same ones. Which of them take the files in is
   * {@link ProcessSpec#canReloadTo}'s to say.
   */
  public boolean hasProcessesOf(ManifestSpec before) {
    return name.equals(before.name)
        && config.equals(before.config)
        && ports.equals(before.ports)
        && names().equals(before.names());
  }

  /**
   * Whether a file may change while processes run on. The manifest itself does by its version at
   * least; what it says is compared otherwise.
   */
  public boolean mayDiffer(String file) {
    return file.equals(FILE) || isConfig(file);
  }

  private Set<String> names() {
    return processes.stream().map(ProcessSpec::name).collect(Collectors.toSet());
  }

  /** Whether a file is among the {@code config}. */
  boolean isConfig(String file) {
    Path path = Path.of(file);
    return config.stream()
        .anyMatch(each -> FileSystems.getDefault().getPathMatcher("glob:" + each).matches(path));
  }

  /** The variable that tells processes a port. */
  public static String portVariable(String port) {
    return "PORT_" + port.toUpperCase(Locale.ROOT).replace('-', '_');
  }
}

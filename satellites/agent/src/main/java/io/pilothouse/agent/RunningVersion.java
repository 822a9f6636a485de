package io.pilothouse.agent;

import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.manifests.ManifestSpec;
import io.pilothouse.manifests.ProcessSpec;
import io.pilothouse.processes.Cgroups;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** The processes of a version, and the order among them. */
final class RunningVersion {
  private final VersionRef version;
  private final ManifestSpec manifest;
  private final Map<String, ManagedProcess> processes;
  private final AfterSwitch afterSwitch;

  private RunningVersion(
      VersionRef version,
      ManifestSpec manifest,
      Map<String, ManagedProcess> processes,
      AfterSwitch afterSwitch) {
    this.version = version;
    this.manifest = manifest;
    this.processes = processes;
    this.afterSwitch = afterSwitch;
  }

  /**
   * Reads what a version runs; nothing of it is started yet.
   *
   * @throws IOException when it cannot be run
   */
  static RunningVersion read(VersionRef version, Surroundings around) throws IOException {
    Path directory = around.disk().version(version);
    ManifestSpec manifest = ManifestProcesses.of(directory);
    Map<String, String> ports = new TreeMap<>();
    manifest
        .ports()
        .forEach(
            (name, plus) ->
                ports.put(ManifestSpec.portVariable(name), Integer.toString(around.port() + plus)));
    Map<String, ManagedProcess> processes = new TreeMap<>();
    for (ProcessSpec spec : manifest.processes()) {
      processes.put(spec.name(), new ManagedProcess(spec, text(version), directory, ports, around));
    }
    return new RunningVersion(
        version, manifest, processes, new AfterSwitch(manifest, version, ports, around));
  }

  /** NAME@VERSION. */
  static String text(VersionRef ref) {
    return ref.getName() + "@" + ref.getVersion();
  }

  VersionRef version() {
    return version;
  }

  ManifestSpec manifest() {
    return manifest;
  }

  /** Goes on with those that an agent before this one started. */
  void adopt() throws IOException, InterruptedException {
    for (ManagedProcess process : processes.values()) {
      process.adopt();
    }
  }

  /** One round: all that can run does. */
  void round() throws IOException, InterruptedException {
    IOException failure = null;
    for (ManagedProcess process : inOrder()) {
      try {
        process.round(
            process.spec().start().after().stream()
                .filter(each -> !processes.get(each).serves())
                .toList());
      } catch (IOException e) {
        failure = e; // the others are looked after
      }
    }
    afterSwitch.round(processes.values().stream().allMatch(ManagedProcess::serves));
    if (failure != null) {
      throw failure;
    }
  }

  private List<ManagedProcess> inOrder() {
    return layers().stream().flatMap(List::stream).toList();
  }

  /** Those that wait for nobody, then those that wait for these, and so on. */
  private List<List<ManagedProcess>> layers() {
    Map<String, Integer> depths = new HashMap<>();
    List<List<ManagedProcess>> layers = new ArrayList<>();
    for (ProcessSpec spec : manifest.processes()) {
      int depth = depth(spec, depths);
      while (layers.size() <= depth) {
        layers.add(new ArrayList<>());
      }
      layers.get(depth).add(processes.get(spec.name()));
    }
    return layers;
  }

  private int depth(ProcessSpec spec, Map<String, Integer> depths) {
    Integer known = depths.get(spec.name());
    if (known != null) {
      return known;
    }
    int depth =
        spec.start().after().stream()
            .mapToInt(each -> 1 + depth(processes.get(each).spec(), depths))
            .max()
            .orElse(0);
    depths.put(spec.name(), depth);
    return depth;
  }

  /** Stops all: those that come after others first, the rest at once, so that graces do not add. */
  void stop() throws IOException, InterruptedException {
    afterSwitch.close();
    for (List<ManagedProcess> layer : layers().reversed()) {
      AtOnce.run(layer.stream().map(each -> (AtOnce.Task) each::stop).toList());
    }
  }

  /** Looks at them no more; they run on. */
  void close() {
    afterSwitch.close();
    processes.values().forEach(ManagedProcess::close);
  }

  /**
   * Becomes the next version without a restart of those that can do so.
   *
   * @return the version that runs now
   */
  RunningVersion become(RunningVersion next) throws IOException, InterruptedException {
    Path directory = next.processes.values().iterator().next().directory();
    Set<String> stay = new HashSet<>();
    for (ManagedProcess process : processes.values()) {
      String name = process.spec().name();
      if (process.canReloadTo(next.processes.get(name).spec())) {
        Optional<String> failure = process.reload(text(next.version), directory);
        if (failure.isEmpty()) {
          stay.add(name);
          next.processes.put(name, process);
        }
      }
    }
    afterSwitch.close();
    for (List<ManagedProcess> layer : layers().reversed()) {
      AtOnce.run(
          layer.stream()
              .filter(each -> !stay.contains(each.spec().name()))
              .map(each -> (AtOnce.Task) each::stop)
              .toList());
    }
    return next;
  }

  /** What is wrong, of all of them; empty when all serve. */
  Optional<Problem> problem() {
    List<Problem> problems = new ArrayList<>();
    for (ManagedProcess process : inOrder()) {
      process.problem().ifPresent(problems::add);
    }
    if (problems.isEmpty()) {
      afterSwitch.problem().ifPresent(problems::add);
    }
    String texts = String.join("; ", problems.stream().map(Problem::text).toList());
    return problems.stream().findFirst().map(each -> new Problem(each.fault(), texts));
  }

  List<CrashLoop.Ends> ends() {
    return processes.values().stream().map(ManagedProcess::ends).toList();
  }

  List<Map<String, Object>> describe() {
    return processes.values().stream().map(ManagedProcess::describe).toList();
  }

  /** Which limits of which process are not enforced; empty when all are. */
  List<String> notEnforced(Cgroups cgroups) {
    return manifest.processes().stream()
        .flatMap(
            each ->
                cgroups.notEnforced(each.limits()).stream().map(text -> each.name() + ": " + text))
        .toList();
  }
}

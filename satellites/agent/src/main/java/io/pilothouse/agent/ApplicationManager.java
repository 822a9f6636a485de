package io.pilothouse.agent;

import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.api.v1.WantedState;
import io.pilothouse.manifests.ProcessSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the processes of the one active version (Isard 2007, section 3.1). A switch stops the old
 * ones, renames a link, starts the new ones.
 */
final class ApplicationManager {
  private static final Logger log = LoggerFactory.getLogger(ApplicationManager.class);
  private static final Duration ORPHAN_GRACE = Duration.ofSeconds(5);

  /** Reads the processes that a version's files describe. */
  interface Processes {
    List<ProcessSpec> of(Path directory) throws IOException;
  }

  private final Disk disk;
  private final Wanted wanted;
  private final Staged staged;
  private final Processes processes;
  private final Readiness readiness;
  private final Map<String, String> environment;
  private final Runnable changed;
  private List<ManagedProcess> managed = List.of();
  private Optional<VersionRef> managedVersion = Optional.empty();
  private boolean settled;
  private volatile Optional<VersionRef> running = Optional.empty();
  private volatile Optional<Problem> problem =
      Optional.of(new Problem(Problem.STARTING, "the agent is starting"));
  private volatile List<Map<String, Object>> described = List.of();
  private volatile List<CrashLoop.Ends> ends = List.of();

  /**
   * @param environment of every process
   * @param changed called when another version runs, or readiness changes
   */
  ApplicationManager(
      Disk disk,
      Wanted wanted,
      Staged staged,
      Processes processes,
      Readiness readiness,
      Map<String, String> environment,
      Runnable changed) {
    this.disk = disk;
    this.wanted = wanted;
    this.staged = staged;
    this.processes = processes;
    this.readiness = readiness;
    this.environment = new TreeMap<>(environment);
    this.changed = changed;
  }

  /** The version that runs; empty when none does. */
  Optional<VersionRef> running() {
    return running;
  }

  /** What is wrong with the processes; empty when all serve, or none should run. */
  Optional<Problem> problem() {
    return problem;
  }

  /** How each process ended lately. */
  List<CrashLoop.Ends> ends() {
    return ends;
  }

  List<Map<String, Object>> describe() {
    return described;
  }

  /** One round: the right version, its processes running. */
  void round() throws IOException, InterruptedException {
    if (!wanted.known()) {
      return; // nobody ever said what should run: what does is left alone
    }
    WantedState now = wanted.get();
    Optional<VersionRef> target =
        now.getRunProcesses() && now.hasActive() && !now.getActive().getName().isEmpty()
            ? Optional.of(now.getActive())
            : Optional.empty();
    Optional<VersionRef> before = running;
    String faultBefore = fault(problem);
    Optional<Problem> blocked = Optional.empty();
    IOException failure = null;
    if (target.isPresent() && !staged.versions().contains(target.get())) {
      // keep what runs until every byte of the other is there
      blocked = Optional.of(notStaged(target.get()));
    } else if (!settled || !target.equals(managedVersion)) {
      try {
        switchTo(target, now.getRunProcesses());
        settled = true;
      } catch (IOException e) {
        String text = target.map(ApplicationManager::text).orElse("nothing");
        blocked =
            Optional.of(
                new Problem(
                    Problem.NOT_SWITCHED, "cannot run %s: %s".formatted(text, e.getMessage())));
        failure = e;
      }
    }
    Optional<Problem> found = look();
    problem = blocked.or(() -> found);
    if (!running.equals(before) || !fault(problem).equals(faultBefore)) {
      changed.run();
    }
    if (failure != null) {
      throw failure;
    }
  }

  private Problem notStaged(VersionRef target) {
    String why = staged.problem().isEmpty() ? "not staged yet" : staged.problem();
    return new Problem(Problem.NOT_STAGED, "version %s: %s".formatted(text(target), why));
  }

  private void switchTo(Optional<VersionRef> target, boolean inUse)
      throws IOException, InterruptedException {
    Optional<VersionRef> linked = linked();
    boolean same = target.isPresent() && target.equals(linked);
    // what cannot run is found out while the other still does
    List<ManagedProcess> next = target.isPresent() ? manage(target.get()) : List.of();
    if (!same || managedVersion.isPresent()) {
      stopManaged();
    }
    managed = List.of();
    managedVersion = Optional.empty();
    running = Optional.empty();
    stopOthers(target);
    if (target.isPresent()) {
      if (!same) {
        disk.activate(target.get());
      }
      managed = next;
      log.info("runs {}", text(target.get()));
    } else if (inUse && linked.isPresent()) {
      disk.deactivate();
    }
    managedVersion = target;
    running = target;
  }

  /** All at once: the longest grace is waited for, not the sum. */
  private void stopManaged() throws IOException, InterruptedException {
    for (ManagedProcess process : managed) {
      process.beginStop();
    }
    for (ManagedProcess process : managed) {
      process.endStop();
    }
  }

  private Optional<VersionRef> linked() throws IOException {
    return disk.activeVersion().flatMap(each -> staged.find(each.getName(), each.getVersion()));
  }

  private List<ManagedProcess> manage(VersionRef version) throws IOException {
    Path directory = disk.version(version);
    List<ManagedProcess> list = new ArrayList<>();
    for (ProcessSpec spec : processes.of(directory)) {
      list.add(new ManagedProcess(spec, text(version), directory, disk, environment));
    }
    return list;
  }

  /** Ends processes of other versions that an agent before this one started. */
  private void stopOthers(Optional<VersionRef> target) throws IOException, InterruptedException {
    if (!Files.isDirectory(disk.run())) {
      return;
    }
    List<Path> files;
    try (Stream<Path> list = Files.list(disk.run())) {
      files = list.filter(each -> each.toString().endsWith(".properties")).toList();
    }
    for (Path file : files) {
      Optional<RunFile> run = RunFile.read(file);
      boolean ours =
          run.isPresent()
              && target.filter(each -> text(each).equals(run.get().version())).isPresent();
      if (!ours) {
        if (run.filter(RunFile::runs).isPresent()) {
          Groups.terminate(run.get().pid());
          Groups.end(run.get().pid(), ORPHAN_GRACE);
        }
        Files.deleteIfExists(file);
      }
    }
  }

  private Optional<Problem> look() throws IOException, InterruptedException {
    List<Problem> problems = new ArrayList<>();
    for (ManagedProcess process : managed) {
      process.round(readiness);
      process.problem().ifPresent(problems::add);
    }
    ends = managed.stream().map(ManagedProcess::ends).toList();
    described = managed.stream().map(ManagedProcess::describe).toList();
    String texts = String.join("; ", problems.stream().map(Problem::text).toList());
    return problems.stream().findFirst().map(each -> new Problem(each.fault(), texts));
  }

  private static String fault(Optional<Problem> problem) {
    return problem.map(Problem::fault).orElse("");
  }

  private static String text(VersionRef ref) {
    return ref.getName() + "@" + ref.getVersion();
  }
}

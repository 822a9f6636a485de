package io.pilothouse.agent;

import io.pilothouse.manifests.ProcessSpec;
import io.pilothouse.manifests.ProcessSpec.Live;
import io.pilothouse.manifests.ProcessSpec.Look;
import io.pilothouse.manifests.ProcessSpec.Reload;
import io.pilothouse.manifests.table.Units;
import io.pilothouse.processes.Cgroup;
import io.pilothouse.processes.Family;
import io.pilothouse.processes.ProcFs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One process of the active version, in a session of its own: started, found again after an agent
 * restart, started again with back-off when it ends or hangs, stopped with all that it started.
 */
final class ManagedProcess {
  private static final Logger log = LoggerFactory.getLogger(ManagedProcess.class);
  private static final Duration STARTING = Duration.ofSeconds(5);

  /** Above it, a status is that of a signal (sh(1)). */
  private static final int SIGNALLED = 128;

  private final ProcessSpec spec;
  private final Surroundings around;
  private final ProcessStart start;
  private final Restarts restarts;
  private final Path runFile;
  private String version;
  private Path directory;
  private Optional<RunFile> running = Optional.empty();
  private Optional<Process> child = Optional.empty();
  private Optional<Cgroup> cgroup = Optional.empty();
  private Optional<Probing> ready = Optional.empty();
  private Optional<Probing> live = Optional.empty();

  /** Why the run file could not be written; empty when it is right. */
  private String notNoted = "";

  private boolean finished;
  private long startedAt;
  private String problem = "starting";
  private boolean serves;

  /**
   * @param version that it is of, as NAME@VERSION
   * @param directory of the version
   * @param ports variables with the ports of all processes of the manifest
   */
  ManagedProcess(
      ProcessSpec spec,
      String version,
      Path directory,
      Map<String, String> ports,
      Surroundings around)
      throws IOException {
    this.spec = spec;
    this.version = version;
    this.directory = directory;
    this.around = around;
    this.start = new ProcessStart(spec, ports, around);
    this.restarts = new Restarts(spec.start().backOff());
    this.runFile = RunFile.of(around.disk(), spec.name());
    around
        .cgroups()
        .notEnforced(spec.limits())
        .ifPresent(each -> log.warn("limits of {}: {}", spec.name(), each));
  }

  /** Goes on with the process that an agent before this one started, if it still runs. */
  void adopt() throws IOException, InterruptedException {
    // one that no longer runs ended with the power or the agent before: it just starts
    running = RunFile.read(runFile).filter(each -> each.version().equals(version) && each.runs());
    if (running.isPresent()) {
      long pid = running.get().pid();
      log.info("{} of {} goes on as pid {}", spec.name(), version, pid);
      cgroup = around.cgroups().holding(pid, spec.name());
      look(System.nanoTime());
      if (ready.isPresent()) {
        ready.get().first(); // the agent's first report must not say that it does not serve
      }
    }
  }

  ProcessSpec spec() {
    return spec;
  }

  Path directory() {
    return directory;
  }

  /** What is wrong with it; empty when it serves. */
  Optional<Problem> problem() {
    return problem.isEmpty()
        ? Optional.empty()
        : Optional.of(new Problem(fault(), spec.name() + ": " + problem));
  }

  /** Whether those that come after it may start. */
  boolean serves() {
    return serves;
  }

  private String fault() {
    if (restarts.isUnsteady()) {
      return Problem.ENDED; // the same while it starts and ends in turn: no news each time
    }
    return running.isEmpty() || age().compareTo(STARTING) < 0
        ? Problem.STARTING
        : Problem.NOT_READY;
  }

  private Duration age() {
    return Duration.ofNanos(System.nanoTime() - startedAt);
  }

  /** Its bad ends since this version was switched to. */
  CrashLoop.Ends ends() {
    return restarts.ends(spec.name());
  }

  /**
   * One look: starts it if it does not run, else asks whether it serves.
   *
   * @param waitsFor what must serve before it is started; empty when all does
   */
  void round(List<String> waitsFor) throws IOException, InterruptedException {
    if (running.isPresent() && !running.get().runs()) {
      ended();
    }
    if (running.isPresent()) {
      if (!notNoted.isEmpty()) {
        note(running.get());
      }
      look();
    } else if (!finished && restarts.isDue()) {
      Optional<String> blocked =
          waitsFor.isEmpty()
              ? start.problem()
              : Optional.of("waits for " + String.join(", ", waitsFor));
      if (blocked.isPresent()) {
        problem = blocked.get();
      } else {
        start();
      }
    }
    serves = problem.isEmpty();
  }

  private void look() throws IOException, InterruptedException {
    String notReady = ready.map(Probing::said).orElse("");
    boolean wasReady = ready.map(Probing::wasWell).orElse(true);
    boolean steady = restarts.isSteady(age(), notReady.isEmpty());
    problem =
        steady || !notReady.isEmpty()
            ? notReady
            : "started again after it %s (restart %d)"
                .formatted(restarts.lastEnd(), restarts.count());
    Optional<Duration> within = spec.start().timeout();
    if (!wasReady && within.isPresent() && age().compareTo(within.get()) > 0) {
      giveUp("was not ready within %d ms (%s)".formatted(within.get().toMillis(), notReady));
    } else if (wasReady && live.isEmpty() && spec.live().isPresent()) {
      Live wanted = spec.live().get();
      live = Optional.of(probing("live", "", wanted.look()));
    } else if (live.isPresent() && live.get().failures() >= spec.live().orElseThrow().failures()) {
      giveUp(
          "hung and was killed (%s, %d times in a row)"
              .formatted(live.get().said(), live.get().failures()));
    }
  }

  /** It runs, and is of no use. */
  private void giveUp(String how) throws IOException, InterruptedException {
    family().kill();
    gone(how, false);
  }

  /** It is gone: whether it starts again, and when. */
  private void ended() throws IOException, InterruptedException {
    OptionalInt status = status();
    // of a process that an agent before this one started no status is known: as if it failed
    boolean well = status.isPresent() && status.getAsInt() == 0;
    int left = family().kill(); // what it left behind may hold its port
    String how = how(status);
    if (left > 0 && well) {
      how +=
          " and left %d behind, which were killed: it must stay in the foreground".formatted(left);
    }
    gone(how, well);
  }

  private String how(OptionalInt status) throws IOException {
    if (cgroup.isPresent() && cgroup.get().outOfMemory() > 0) {
      return "was killed: out of its memory limit " + Units.text(spec.limits().memory().orElse(0L));
    }
    if (status.isEmpty()) {
      return "ended";
    }
    int value = status.getAsInt();
    return value > SIGNALLED
        ? "was killed by signal " + (value - SIGNALLED)
        : "ended with status " + value;
  }

  private void gone(String how, boolean well) throws IOException, InterruptedException {
    forget();
    restarts.ended(how, well);
    finished =
        switch (spec.start().restart()) {
          case ALWAYS -> false;
          case ON_FAILURE -> well;
          case NEVER -> true;
        };
    if (finished) {
      problem = well ? "" : how + " and is not started again";
      restarts.over(well);
    } else {
      problem = restarts.pause();
      log.warn("{} of {} {}", spec.name(), version, problem);
    }
  }

  /** Empty for a process that an agent before this one started. */
  private OptionalInt status() throws InterruptedException {
    if (child.isEmpty()) {
      return OptionalInt.empty();
    }
    // /proc shows that it has ended a moment before the JDK knows how
    boolean known = child.get().waitFor(1, TimeUnit.SECONDS);
    return known ? OptionalInt.of(child.get().exitValue()) : OptionalInt.empty();
  }

  private void start() throws IOException {
    Process process;
    try {
      cgroup = around.cgroups().make(spec.name(), spec.limits());
      process = start.start(directory, cgroup);
    } catch (IOException e) {
      problem = "cannot be started: " + e.getMessage();
      restarts.ended(problem, false);
      log.warn("{} of {} {}", spec.name(), version, restarts.pause());
      return;
    }
    child = Optional.of(process);
    // a process that ended at once has no ticks left to read: the next look finds it gone
    note(new RunFile(process.pid(), ProcFs.startTicks(process.pid()).orElse(0), version, version));
    CompletableFuture<Void> unused = process.onExit().thenRun(around.changed());
    log.info("started {} of {} as pid {}", spec.name(), version, process.pid());
    look(System.nanoTime());
    if (ready.isPresent()) {
      problem = "starting";
    }
    if (restarts.isUnsteady()) {
      problem = "%s; started again (restart %d)".formatted(restarts.lastEnd(), restarts.count());
    }
  }

  /**
   * Remembers it. On a full disk it runs on, and is written down when there is room: an agent that
   * starts before that finds it by its variables, ends it and starts another.
   */
  private void note(RunFile file) {
    running = Optional.of(file);
    try {
      file.write(runFile);
      notNoted = "";
    } catch (IOException e) {
      if (notNoted.isEmpty()) {
        log.warn(
            "{} runs as pid {}, not written down yet: {}", spec.name(), file.pid(), e.toString());
      }
      notNoted = e.toString();
    }
  }

  /** Looks at it from now on. */
  private void look(long since) throws IOException {
    startedAt = since;
    problem = spec.ready().isPresent() ? "starting" : "";
    if (spec.ready().isPresent()) {
      ready = Optional.of(probing("ready", "starting", spec.ready().get()));
    }
  }

  private Probing probing(String name, String first, Look look) throws IOException {
    ShellLine shell = start.probes(directory);
    return new Probing(
        name + "-" + spec.name(),
        first,
        () -> around.readiness().problem(name, look, shell),
        look.interval(),
        around.changed());
  }

  private Family family() {
    long pid = running.orElseThrow().pid();
    return new Family(pid, Family.marks(around.disk().root(), Family.PROCESS, spec.name()), cgroup);
  }

  /** Returns when it is gone with all that it started. */
  void stop() throws IOException, InterruptedException {
    if (running.isPresent()) {
      ShellLine hooks = start.hooks(directory, running.get().pid());
      new ProcessStop(spec.name(), spec.stop(), hooks).stop(family());
    }
    forget();
    start.clean();
    Files.deleteIfExists(runFile);
  }

  /** What is kept only while it runs. */
  private void forget() throws InterruptedException {
    close();
    running = Optional.empty();
    child = Optional.empty();
    if (cgroup.isPresent()) {
      cgroup.get().remove();
      cgroup = Optional.empty();
    }
  }

  /** Looks at it no more; it runs on. */
  void close() {
    ready.ifPresent(Probing::close);
    live.ifPresent(Probing::close);
    ready = Optional.empty();
    live = Optional.empty();
  }

  /** Whether it can become a process of another version while it runs, and is written down. */
  boolean canReloadTo(ProcessSpec other) {
    return running.filter(RunFile::runs).isPresent()
        && notNoted.isEmpty()
        && spec.canReloadTo(other);
  }

  /**
   * Has it take in the files of another version, of which it is from now on.
   *
   * @return what went wrong; then it is to be started anew
   */
  Optional<String> reload(String toVersion, Path toDirectory)
      throws IOException, InterruptedException {
    Optional<String> failure =
        switch (spec.reload().orElseThrow()) {
          case Reload.Signal signal -> signal(signal.name());
          case Reload.Command command ->
              start
                  .hooks(toDirectory, running.orElseThrow().pid())
                  .run("the reload command", command.run(), spec.stop().grace());
        };
    if (failure.isPresent()) {
      return failure;
    }
    version = toVersion;
    directory = toDirectory;
    RunFile before = running.orElseThrow();
    note(new RunFile(before.pid(), before.startTicks(), toVersion, before.directory()));
    close();
    look(startedAt);
    log.info("{} was reloaded and is of {}", spec.name(), version);
    return Optional.empty();
  }

  private Optional<String> signal(String name) throws InterruptedException {
    // to the process alone: its children may not know the signal and die of it
    long pid = running.orElseThrow().pid();
    String line = "kill -s %s %d".formatted(name, pid);
    return new ShellLine(directory, Map.of(), List.of(), Optional.empty())
        .run("kill", line, Duration.ofSeconds(5));
  }

  /** For the status page. */
  Map<String, Object> describe() {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("name", spec.name());
    all.put("version", version);
    all.put("pid", running.map(RunFile::pid).orElse(0L));
    all.put("restarts", restarts.count());
    all.put("problem", problem);
    all.put("command", List.of(spec.run()));
    around.cgroups().notEnforced(spec.limits()).ifPresent(each -> all.put("limits", each));
    return all;
  }
}

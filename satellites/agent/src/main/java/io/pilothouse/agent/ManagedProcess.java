package io.pilothouse.agent;

import io.pilothouse.manifests.ProcessSpec;
import io.pilothouse.watchdog.ProcessGroups;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One process of the active version, in a session of its own: started, found again after an agent
 * restart, started again with back-off when it ends, stopped with TERM and then KILL to its group.
 */
final class ManagedProcess {
  private static final Logger log = LoggerFactory.getLogger(ManagedProcess.class);
  private static final Duration FIRST_BACK_OFF = Duration.ofMillis(500);
  private static final Duration LONGEST_BACK_OFF = Duration.ofSeconds(30);
  private static final Duration STARTING = Duration.ofSeconds(5);
  private static final Duration STABLE = Duration.ofSeconds(30);
  private static final Duration KILL_WAIT = Duration.ofSeconds(5);
  private static final long LOG_LIMIT = 1 << 20;

  private final ProcessSpec spec;
  private final String version;
  private final Path directory;
  private final Path runFile;
  private final Path logFile;
  private final Map<String, String> environment;
  private Optional<RunFile> running = Optional.empty();
  private Optional<Process> child = Optional.empty();
  private boolean finished;
  private Duration backOff = FIRST_BACK_OFF;
  private long startedAt;
  private long notBefore;
  private int restarts;
  private String problem = "starting";

  ManagedProcess(
      ProcessSpec spec, String version, Path directory, Disk disk, Map<String, String> environment)
      throws IOException {
    this.spec = spec;
    this.version = version;
    this.directory = directory;
    this.runFile = disk.run().resolve(spec.name() + ".properties");
    this.logFile = disk.logs().resolve(spec.name() + ".log");
    this.environment = environment;
    // one that no longer runs ended with the power or the agent before: it just starts
    this.running =
        RunFile.read(runFile).filter(each -> each.version().equals(version) && each.runs());
    if (running.isPresent()) {
      log.info("{} of {} goes on as pid {}", spec.name(), version, running.get().pid());
      startedAt = System.nanoTime();
    }
  }

  String name() {
    return spec.name();
  }

  /** What is wrong with it; empty when it serves. */
  Optional<Problem> problem() {
    return problem.isEmpty()
        ? Optional.empty()
        : Optional.of(new Problem(fault(), spec.name() + ": " + problem));
  }

  private String fault() {
    if (running.isEmpty()) {
      return restarts == 0 ? Problem.STARTING : Problem.ENDED;
    }
    boolean young = System.nanoTime() - startedAt < STARTING.toNanos();
    return young ? Problem.STARTING : Problem.NOT_READY;
  }

  int restarts() {
    return restarts;
  }

  OptionalLong pid() {
    return running.map(each -> OptionalLong.of(each.pid())).orElse(OptionalLong.empty());
  }

  /** One look: starts it if it does not run, else asks whether it serves. */
  void round(Readiness readiness) throws IOException, InterruptedException {
    rotateLog();
    if (running.filter(RunFile::runs).isPresent()) {
      problem =
          spec.ready().isEmpty()
              ? ""
              : readiness.problem(spec.ready().get(), directory, environment).orElse("");
      if (System.nanoTime() - startedAt > STABLE.toNanos()) {
        backOff = FIRST_BACK_OFF;
      }
      return;
    }
    if (running.isPresent()) {
      ended();
    }
    if (!finished && (restarts == 0 || System.nanoTime() >= notBefore)) {
      start();
    }
  }

  /** It is gone: whether it starts again, and when. */
  private void ended() {
    running = Optional.empty();
    // of a process that an agent before this one started no status is known: as if it failed
    int status = child.filter(each -> !each.isAlive()).map(Process::exitValue).orElse(-1);
    finished =
        switch (spec.restart()) {
          case ALWAYS -> false;
          case ON_FAILURE -> status == 0;
          case NEVER -> true;
        };
    if (finished) {
      problem = status == 0 ? "" : "ended with status " + status + " and is not started again";
    } else {
      notBefore = System.nanoTime() + backOff.toNanos();
      restarts++;
      problem = "ended; starts again in %d ms (restart %d)".formatted(backOff.toMillis(), restarts);
      log.warn("{} of {} {}", spec.name(), version, problem);
      Duration next = backOff.multipliedBy(2);
      backOff = next.compareTo(LONGEST_BACK_OFF) > 0 ? LONGEST_BACK_OFF : next;
    }
  }

  private void start() throws IOException {
    Files.createDirectories(logFile.getParent());
    ProcessBuilder builder =
        new ProcessBuilder("setsid", "/bin/sh", "-c", spec.run())
            .directory(directory.toFile())
            .redirectInput(new File("/dev/null"))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(logFile.toFile()));
    builder.environment().putAll(environment);
    builder.environment().putAll(spec.env());
    Process process = builder.start();
    child = Optional.of(process);
    OptionalLong ticks = ProcFs.startTicks(process.pid());
    startedAt = System.nanoTime();
    problem = "starting";
    // a process that ended at once has no ticks left to read: the next look finds it gone
    RunFile file = new RunFile(process.pid(), ticks.orElse(0), version);
    file.write(runFile);
    running = Optional.of(file);
    log.info("started {} of {} as pid {}", spec.name(), version, process.pid());
  }

  /** TERM to its group, the grace, then KILL. Returns when it is gone. */
  void stop() throws IOException, InterruptedException {
    stop(running, spec.stopGrace());
    running = Optional.empty();
    Files.deleteIfExists(runFile);
  }

  /** Stops whatever a run file tells of, for instance of a version that is no longer active. */
  static void stop(Optional<RunFile> file, Duration grace) throws InterruptedException {
    if (file.isEmpty() || !file.get().runs()) {
      return;
    }
    RunFile process = file.get();
    ProcessGroups.signal(process.pid(), "TERM");
    if (!gone(process, grace)) {
      log.warn("pid {} did not stop within {} ms: killed", process.pid(), grace.toMillis());
    }
    ProcessGroups.signal(process.pid(), "KILL"); // what it started, too
    if (!gone(process, KILL_WAIT)) {
      throw new IllegalStateException("pid " + process.pid() + " cannot be killed");
    }
  }

  private static boolean gone(RunFile process, Duration wait) throws InterruptedException {
    long deadline = System.nanoTime() + wait.toNanos();
    while (process.runs()) {
      if (System.nanoTime() > deadline) {
        return false;
      }
      Thread.sleep(20);
    }
    return true;
  }

  private void rotateLog() throws IOException {
    if (Files.exists(logFile) && Files.size(logFile) > LOG_LIMIT) {
      // the process appends: after the copy it goes on at the new end
      Path old = logFile.resolveSibling(logFile.getFileName() + ".1");
      Files.copy(logFile, old, StandardCopyOption.REPLACE_EXISTING);
      Files.newOutputStream(logFile, java.nio.file.StandardOpenOption.TRUNCATE_EXISTING).close();
    }
  }

  /** For the status page. */
  Map<String, Object> describe() {
    return Map.of(
        "name",
        spec.name(),
        "version",
        version,
        "pid",
        pid().orElse(0),
        "restarts",
        restarts,
        "problem",
        problem,
        "command",
        List.of(spec.run()));
  }
}

package io.pilothouse.agent;

import io.pilothouse.manifests.ProcessSpec;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
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
  private static final long EARLY = Duration.ofMillis(100).toNanos();
  private static final int ENDS_REMEMBERED = 1000;
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
  private long lookedAt = System.nanoTime() - STABLE.toNanos();
  private int restarts;

  /** When it ended, by the nano clock; the newest last. */
  private final Deque<Long> ends = new ArrayDeque<>();

  /** Ends since it last was up for long enough. */
  private int failures;

  private String lastEnd = "";
  private String notReady = "starting";
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
    this.notReady = spec.ready().isPresent() ? "starting" : "";
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
    if (failures > 0) {
      return Problem.ENDED; // the same while it starts and ends in turn: no news each time
    }
    return running.isEmpty() || age().compareTo(STARTING) < 0
        ? Problem.STARTING
        : Problem.NOT_READY;
  }

  private Duration age() {
    return Duration.ofNanos(System.nanoTime() - startedAt);
  }

  int restarts() {
    return restarts;
  }

  /** Its bad ends since this version was switched to. */
  CrashLoop.Ends ends() {
    long now = System.nanoTime();
    return new CrashLoop.Ends(
        spec.name(), ends.stream().map(each -> Duration.ofNanos(now - each)).toList(), lastEnd);
  }

  OptionalLong pid() {
    return running.map(each -> OptionalLong.of(each.pid())).orElse(OptionalLong.empty());
  }

  /** One look: starts it if it does not run, else asks whether it serves. */
  void round(Readiness readiness) throws IOException, InterruptedException {
    rotateLog();
    if (running.filter(RunFile::runs).isPresent()) {
      look(readiness);
      return;
    }
    if (running.isPresent()) {
      ended();
    }
    if (!finished && (restarts == 0 || System.nanoTime() - notBefore >= 0)) {
      start();
    }
  }

  private void look(Readiness readiness) throws InterruptedException {
    boolean due =
        spec.ready()
            .filter(each -> System.nanoTime() - lookedAt >= each.interval().toNanos() - EARLY)
            .isPresent();
    if (due) {
      lookedAt = System.nanoTime();
      notReady = readiness.problem(spec.ready().get(), directory, all()).orElse("");
    }
    // one that ended must stay up as long as its last pause to count as well again
    boolean steady = failures == 0 || age().compareTo(backOff) >= 0;
    problem =
        steady || !notReady.isEmpty()
            ? notReady
            : "started again after it %s (restart %d)".formatted(lastEnd, restarts);
    if (age().compareTo(STABLE) > 0) {
      backOff = FIRST_BACK_OFF;
    }
    if (steady && notReady.isEmpty()) {
      failures = 0;
    }
  }

  /** It is gone: whether it starts again, and when. */
  private void ended() throws IOException, InterruptedException {
    Groups.kill(running.orElseThrow().pid()); // what it left behind may hold its port
    running = Optional.empty();
    OptionalInt status = status();
    // of a process that an agent before this one started no status is known: as if it failed
    boolean well = status.isPresent() && status.getAsInt() == 0;
    if (!well) {
      ends.addLast(System.nanoTime());
    }
    if (ends.size() > ENDS_REMEMBERED) {
      ends.removeFirst();
    }
    lastEnd = status.isPresent() ? "ended with status " + status.getAsInt() : "ended";
    finished =
        switch (spec.restart()) {
          case ALWAYS -> false;
          case ON_FAILURE -> well;
          case NEVER -> true;
        };
    if (finished) {
      problem = well ? "" : lastEnd + " and is not started again";
      failures = well ? 0 : 1;
    } else {
      notBefore = System.nanoTime() + backOff.toNanos();
      restarts++;
      failures++;
      problem =
          "%s; starts again in %d ms (restart %d)".formatted(lastEnd, backOff.toMillis(), restarts);
      log.warn("{} of {} {}", spec.name(), version, problem);
      Duration next = backOff.multipliedBy(2);
      backOff = next.compareTo(LONGEST_BACK_OFF) > 0 ? LONGEST_BACK_OFF : next;
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

  /** Its whole environment. */
  private Map<String, String> all() {
    Map<String, String> all = new TreeMap<>(environment);
    all.putAll(spec.env());
    return all;
  }

  private void start() throws IOException {
    Files.createDirectories(logFile.getParent());
    ProcessBuilder builder =
        new ProcessBuilder("setsid", "/bin/sh", "-c", spec.run())
            .directory(directory.toFile())
            .redirectInput(new File("/dev/null"))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(logFile.toFile()));
    builder.environment().putAll(all());
    Process process = builder.start();
    child = Optional.of(process);
    OptionalLong ticks = ProcFs.startTicks(process.pid());
    startedAt = System.nanoTime();
    notReady = spec.ready().isPresent() ? "starting" : "";
    lookedAt = startedAt - STABLE.toNanos(); // the first look is due
    problem =
        failures == 0 ? "starting" : "%s; started again (restart %d)".formatted(lastEnd, restarts);
    // a process that ended at once has no ticks left to read: the next look finds it gone
    RunFile file = new RunFile(process.pid(), ticks.orElse(0), version);
    file.write(runFile);
    running = Optional.of(file);
    log.info("started {} of {} as pid {}", spec.name(), version, process.pid());
  }

  /** TERM to its group. */
  void beginStop() throws IOException, InterruptedException {
    if (running.isPresent()) {
      Groups.terminate(running.get().pid());
    }
  }

  /** Returns when it is gone: by itself within its grace, or by KILL. */
  void endStop() throws IOException, InterruptedException {
    if (running.isPresent()) {
      Groups.end(running.get().pid(), spec.stopGrace());
      running = Optional.empty();
    }
    Files.deleteIfExists(runFile);
  }

  private void rotateLog() throws IOException {
    if (Files.exists(logFile) && Files.size(logFile) > LOG_LIMIT) {
      // the process appends: after the copy it goes on at the new end
      Path old = logFile.resolveSibling(logFile.getFileName() + ".1");
      Files.copy(logFile, old, StandardCopyOption.REPLACE_EXISTING);
      Files.newOutputStream(logFile, StandardOpenOption.TRUNCATE_EXISTING).close();
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

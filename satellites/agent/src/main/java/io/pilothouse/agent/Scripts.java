package io.pilothouse.agent;

import io.pilothouse.api.v1.Severity;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.filesync.DurableFiles;
import io.pilothouse.watchdog.Counters;
import io.pilothouse.watchdog.Schedule;
import io.pilothouse.watchdog.ScriptBox;
import io.pilothouse.watchdog.ScriptResult;
import io.pilothouse.watchdog.ScriptRunner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs this machine's health scripts on their schedules, each at most once at a time, and remembers
 * what they said last.
 */
final class Scripts implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Scripts.class);

  /** Of one machine: checks must not be what makes it slow. */
  static final int AT_ONCE = 4;

  private static final Duration CLOSE_WITHIN = Duration.ofSeconds(2);

  /**
   * What a script came to.
   *
   * @param spec that it was run by
   * @param at when it ended, by the nano clock
   */
  record Said(
      WatchdogSpec spec, VerdictKind kind, String fault, Severity severity, String text, long at) {}

  private final Disk disk;
  private final ScriptBox box;
  private final Supplier<Map<String, String>> environment;
  private final Counters counters;
  private final Runnable changed;
  private final ScriptRunner runner = new ScriptRunner();
  private final Semaphore atOnce = new Semaphore(AT_ONCE, true);
  private final Schedule<String> schedule =
      new Schedule<>(System::nanoTime, new SplittableRandom());
  private final Map<String, WatchdogSpec> specs = new ConcurrentHashMap<>();
  private final Map<String, Said> said = new ConcurrentHashMap<>();
  private final Map<String, Thread> threads = new ConcurrentHashMap<>();
  private volatile long askedAt;

  /**
   * @param environment of each script, but for {@code PATH} and {@code LANG}
   * @param counters takes what they measure
   * @param changed called when a script says something else than at its run before
   */
  Scripts(
      Disk disk, Supplier<Map<String, String>> environment, Counters counters, Runnable changed) {
    this.disk = disk;
    this.box = new ScriptBox(disk.watchdogs());
    this.environment = environment;
    this.counters = counters;
    this.changed = changed;
  }

  /**
   * One round: starts the scripts that are due. A changed one is due at once, and when all are
   * asked anew all are: what they said of the version or boot before is forgotten.
   *
   * @param asked changes when all are asked anew
   */
  void round(List<WatchdogSpec> wanted, long asked) throws IOException {
    boolean anew = asked != askedAt;
    askedAt = asked;
    Map<String, Duration> jobs = new LinkedHashMap<>();
    for (WatchdogSpec spec : wanted) {
      if (spec.getRunner() == WatchdogSpec.Runner.SCRIPT) {
        jobs.put(spec.getName(), LocalWatchdogs.every(spec));
        if (!spec.equals(specs.put(spec.getName(), spec)) || anew) {
          schedule.reset(spec.getName());
          said.remove(spec.getName());
        }
      }
    }
    if (specs.keySet().retainAll(jobs.keySet())) {
      said.keySet().retainAll(jobs.keySet());
      counters.retain(wanted.stream().map(WatchdogSpec::getName).collect(Collectors.toSet()));
      removeOthers();
    }
    for (String name : schedule.take(jobs)) {
      WatchdogSpec spec = specs.get(name);
      Thread thread =
          Thread.ofVirtual().name("watchdog-" + name).unstarted(() -> runScript(name, spec, asked));
      threads.put(name, thread);
      thread.start();
    }
  }

  /** Scripts that run now. */
  int running() {
    return AT_ONCE - atOnce.availablePermits();
  }

  /** What it said last; empty when it has not ended a run yet since it was changed. */
  Optional<Said> said(String name) {
    return Optional.ofNullable(said.get(name));
  }

  private void runScript(String name, WatchdogSpec spec, long asked) {
    try {
      atOnce.acquire();
      try {
        took(name, runOnce(spec), asked);
      } finally {
        atOnce.release();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the agent ends, and the script was killed
    } finally {
      threads.remove(name, Thread.currentThread());
      schedule.done(name);
    }
  }

  private Said runOnce(WatchdogSpec spec) throws InterruptedException {
    try {
      ScriptResult result = runner.run(box.prepare(spec, environment.get()));
      counters.take(spec.getName(), result.counters());
      return new Said(
          spec, result.kind(), result.fault(), result.severity(), result.text(), System.nanoTime());
    } catch (IOException | RuntimeException e) {
      // one script's trouble must not end the agent, which every other watchdog hangs on
      log.warn("watchdog {} cannot be run", spec.getName(), e);
      String text = "cannot be run: " + e;
      return new Said(
          spec, VerdictKind.UNKNOWN, "", Severity.SEVERITY_UNSPECIFIED, text, System.nanoTime());
    }
  }

  private void took(String name, Said now, long asked) {
    if (asked != askedAt || !now.spec().equals(specs.get(name))) {
      return; // it was asked anew, changed or removed while it ran
    }
    Said before = said.put(name, now);
    boolean news =
        before == null
            || before.kind() != now.kind()
            || !before.fault().equals(now.fault())
            || before.severity() != now.severity();
    if (news) {
      changed.run();
    }
  }

  /** Scripts that are wanted no more. */
  private void removeOthers() throws IOException {
    if (!Files.isDirectory(disk.watchdogs())) {
      return;
    }
    List<Path> files;
    try (Stream<Path> list = Files.list(disk.watchdogs())) {
      files = list.filter(each -> !specs.containsKey(each.getFileName().toString())).toList();
    }
    for (Path file : files) {
      DurableFiles.deleteTree(file);
    }
  }

  /** Kills the scripts that run. */
  @Override
  public void close() {
    threads.values().forEach(Thread::interrupt);
    for (Thread thread : threads.values()) {
      try {
        thread.join(CLOSE_WITHIN);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }
}

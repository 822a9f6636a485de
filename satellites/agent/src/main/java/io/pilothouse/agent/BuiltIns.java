package io.pilothouse.agent;

import io.pilothouse.api.v1.Severity;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.manifests.BuiltInWatchdogs;
import io.pilothouse.watchdog.Counters;
import io.pilothouse.watchdog.Schedule;
import io.pilothouse.watchdog.checks.Check;
import io.pilothouse.watchdog.checks.Finding;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the built-in watchdogs that take a while or look at the system, each on its schedule and on
 * a thread of its own: one that hangs on a dead disk holds up no other, is not started twice, and
 * says nothing of the others.
 */
final class BuiltIns implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(BuiltIns.class);
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  /** Makes the check that a watchdog names; empty when it is none of these. */
  interface Making {
    Optional<Check> make(WatchdogSpec spec);
  }

  /** A watchdog as it was given, and what looks; a wrong one has nothing that does. */
  private record Job(WatchdogSpec spec, Optional<Check> check, String problem) {}

  private final Making making;
  private final Counters counters;
  private final Runnable changed;
  private final Schedule<String> schedule =
      new Schedule<>(System::nanoTime, new SplittableRandom());
  private final Map<String, Job> jobs = new ConcurrentHashMap<>();
  private final Map<String, Scripts.Said> said = new ConcurrentHashMap<>();
  private final Map<String, Long> startedAt = new ConcurrentHashMap<>();
  private final Map<String, Thread> threads = new ConcurrentHashMap<>();
  private volatile long askedAt;

  /**
   * @param changed called when one says something else than at its look before
   */
  BuiltIns(Making making, Counters counters, Runnable changed) {
    this.making = making;
    this.counters = counters;
    this.changed = changed;
  }

  /** Whether a watchdog is one of these, and not one that speaks at each report. */
  static boolean runs(WatchdogSpec spec) {
    if (spec.getRunner() != WatchdogSpec.Runner.BUILTIN) {
      return false;
    }
    return switch (BuiltInWatchdogs.chosen(spec)) {
      case "heartbeat", "processes", "filesync" -> false;
      default -> true;
    };
  }

  /**
   * One round: starts those that are due; a changed one is made anew.
   *
   * @param asked changes when all are asked to look anew, at once
   */
  void round(List<WatchdogSpec> wanted, long asked) {
    boolean anew = asked != askedAt;
    askedAt = asked;
    Map<String, Duration> due = new LinkedHashMap<>();
    for (WatchdogSpec spec : wanted) {
      if (runs(spec)) {
        String name = spec.getName();
        due.put(name, LocalWatchdogs.every(spec));
        Job before = jobs.get(name);
        boolean other = before == null || !before.spec().equals(spec);
        if (other) {
          jobs.put(name, job(spec));
        }
        if (other || anew) {
          said.remove(name);
          schedule.reset(name);
        }
      }
    }
    if (jobs.keySet().retainAll(due.keySet())) {
      counters.retain(wanted.stream().map(WatchdogSpec::getName).collect(Collectors.toSet()));
    }
    said.keySet().retainAll(due.keySet());
    for (String name : schedule.take(due)) {
      Job job = jobs.get(name);
      startedAt.put(name, System.nanoTime());
      // of the system, for a look at a dead disk would hold a virtual one's carrier
      Thread thread =
          Thread.ofPlatform()
              .name("builtin-" + name)
              .daemon()
              .unstarted(() -> run(name, job, asked));
      threads.put(name, thread);
      thread.start();
    }
  }

  private Job job(WatchdogSpec spec) {
    try {
      Optional<Check> check = making.make(spec);
      String problem =
          check.isPresent()
              ? ""
              : "this agent has no built-in watchdog \"%s\""
                  .formatted(BuiltInWatchdogs.chosen(spec));
      return new Job(spec, check, problem);
    } catch (IllegalArgumentException e) {
      return new Job(spec, Optional.empty(), String.valueOf(e.getMessage()));
    }
  }

  private void run(String name, Job job, long asked) {
    try {
      Finding finding = look(job);
      Job now = jobs.get(name);
      if (asked == askedAt && now != null && now.spec().equals(job.spec())) {
        took(name, job, finding);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the agent ends
    } finally {
      startedAt.remove(name);
      threads.remove(name, Thread.currentThread());
      schedule.done(name);
    }
  }

  private static Finding look(Job job) throws InterruptedException {
    if (job.check().isEmpty()) {
      return Finding.unknown(job.problem());
    }
    try {
      return job.check().get().look();
    } catch (IOException e) {
      return Finding.unknown(String.valueOf(e.getMessage()));
    } catch (RuntimeException e) {
      // one watchdog's fault must not end the agent, which every other one hangs on
      log.error("the built-in watchdog {} failed", job.spec().getName(), e);
      return Finding.unknown("failed: " + e);
    }
  }

  private void took(String name, Job job, Finding finding) {
    counters.take(name, finding.counters());
    Scripts.Said now =
        new Scripts.Said(
            job.spec(),
            finding.kind(),
            finding.fault(),
            Severity.SEVERITY_UNSPECIFIED,
            finding.text(),
            System.nanoTime());
    Scripts.Said before = said.put(name, now);
    boolean news =
        before == null || before.kind() != now.kind() || !before.fault().equals(now.fault());
    if (news) {
      changed.run();
    }
  }

  /** What it said last, or that its look does not come back; empty before its first look ends. */
  Optional<Scripts.Said> said(WatchdogSpec spec) {
    Long since = startedAt.get(spec.getName());
    Duration timeout = spec.getTimeoutMs() == 0 ? TIMEOUT : Duration.ofMillis(spec.getTimeoutMs());
    if (since != null && System.nanoTime() - since > timeout.toNanos()) {
      long seconds = Duration.ofNanos(System.nanoTime() - since).toSeconds();
      return Optional.of(
          new Scripts.Said(
              spec,
              spec.getTimeoutIsError() ? VerdictKind.ERROR : VerdictKind.UNKNOWN,
              "",
              Severity.SEVERITY_UNSPECIFIED,
              "its look has not come back for %d s".formatted(seconds),
              System.nanoTime()));
    }
    return Optional.ofNullable(said.get(spec.getName()));
  }

  @Override
  public void close() {
    threads.values().forEach(Thread::interrupt);
  }
}

package io.pilothouse.agent;

import com.google.protobuf.ByteString;
import io.pilothouse.api.v1.Severity;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.VerdictReportItem;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.watchdog.ScriptResult;
import io.pilothouse.watchdog.ScriptRunner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs this machine's own watchdogs: health scripts on their schedules, each at most once at a
 * time, and the built-in ones at each report.
 */
final class LocalWatchdogs {
  private static final Logger log = LoggerFactory.getLogger(LocalWatchdogs.class);
  private static final int SCRIPTS_AT_ONCE = 4;
  private static final long MINUTE_MS = 60_000;

  /** A script's last verdict. */
  private record Last(VerdictReportItem verdict, long at) {}

  private final Disk disk;
  private final Hardware hardware;
  private final Wanted wanted;
  private final ApplicationManager applications;
  private final Scrub scrub;
  private final Map<String, String> environment;
  private final Runnable changed;
  private final ScriptRunner runner = new ScriptRunner();
  private final Semaphore atOnce = new Semaphore(SCRIPTS_AT_ONCE);
  private final SplittableRandom jitter = new SplittableRandom();
  private final Map<String, Last> last = new ConcurrentHashMap<>();
  private final Map<String, Long> dueAt = new ConcurrentHashMap<>();
  private final Map<String, Boolean> inFlight = new ConcurrentHashMap<>();

  LocalWatchdogs(
      Disk disk,
      Hardware hardware,
      Wanted wanted,
      ApplicationManager applications,
      Scrub scrub,
      Map<String, String> environment,
      Runnable changed) {
    this.disk = disk;
    this.hardware = hardware;
    this.wanted = wanted;
    this.applications = applications;
    this.scrub = scrub;
    this.environment = environment;
    this.changed = changed;
  }

  /** One round: starts the scripts that are due. */
  void round() {
    List<WatchdogSpec> specs = wanted.get().getWatchdogsList();
    List<String> names = specs.stream().map(WatchdogSpec::getName).toList();
    last.keySet().retainAll(names);
    dueAt.keySet().retainAll(names);
    long now = System.nanoTime();
    for (WatchdogSpec spec : specs) {
      boolean due =
          spec.getRunner() == WatchdogSpec.Runner.SCRIPT
              && now - dueAt.getOrDefault(spec.getName(), now) >= 0
              && inFlight.putIfAbsent(spec.getName(), true) == null;
      if (due) {
        long every = Duration.ofMillis(orMinute(spec.getEveryMs())).toNanos();
        // a tenth of jitter, so that a fleet's scripts do not run in step
        dueAt.put(spec.getName(), now + every - jitter.nextLong(Math.max(1, every / 10)));
        Thread.ofVirtual().name("watchdog-" + spec.getName()).start(() -> runScript(spec));
      }
    }
  }

  private void runScript(WatchdogSpec spec) {
    try {
      atOnce.acquire();
      try {
        ScriptResult result = runner.run(job(spec));
        VerdictReportItem verdict =
            item(spec)
                .setKind(result.kind())
                .setFault(result.fault())
                .setSeverity(result.severity())
                .setText(result.text())
                .build();
        Last before = last.put(spec.getName(), new Last(verdict, System.nanoTime()));
        if (before == null || before.verdict().getKind() != verdict.getKind()) {
          changed.run();
        }
      } finally {
        atOnce.release();
      }
    } catch (IOException e) {
      log.warn("watchdog {} cannot be run: {}", spec.getName(), e.toString());
      VerdictReportItem verdict =
          item(spec)
              .setKind(VerdictKind.UNKNOWN)
              .setText("its script cannot be put on disk: " + e.getMessage())
              .build();
      last.put(spec.getName(), new Last(verdict, System.nanoTime()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      inFlight.remove(spec.getName());
    }
  }

  private ScriptRunner.Job job(WatchdogSpec spec) throws IOException {
    Path script = disk.watchdogs().resolve(spec.getName());
    ByteString wantedBytes = spec.getScript();
    boolean there =
        Files.isRegularFile(script)
            && ByteString.copyFrom(Files.readAllBytes(script)).equals(wantedBytes);
    if (!there) {
      Files.createDirectories(disk.watchdogs());
      Path fresh = disk.watchdogs().resolve(spec.getName() + ".new");
      Files.write(fresh, wantedBytes.toByteArray());
      Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString("rwx------"));
      Files.move(
          fresh, script, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
    return new ScriptRunner.Job(
        script,
        spec.getArgsList(),
        disk.root(),
        Duration.ofMillis(spec.getTimeoutMs() == 0 ? 10_000 : spec.getTimeoutMs()),
        spec.getTimeoutIsError(),
        environment);
  }

  /** The verdicts to report now: fresh ones only, so that a stuck script shows as silent. */
  List<VerdictReportItem> verdicts() {
    List<VerdictReportItem> verdicts = new ArrayList<>();
    for (WatchdogSpec spec : wanted.get().getWatchdogsList()) {
      Optional<VerdictReportItem> verdict =
          fault(spec)
              .or(
                  () ->
                      spec.getRunner() == WatchdogSpec.Runner.SCRIPT
                          ? script(spec)
                          : Optional.of(builtIn(spec)));
      verdict.ifPresent(verdicts::add);
    }
    return verdicts;
  }

  private Optional<VerdictReportItem> script(WatchdogSpec spec) {
    Last found = last.get(spec.getName());
    long fresh = Duration.ofMillis(validFor(spec)).toNanos();
    return found == null || System.nanoTime() - found.at() > fresh
        ? Optional.empty()
        : Optional.of(found.verdict());
  }

  private VerdictReportItem builtIn(WatchdogSpec spec) {
    VerdictReportItem.Builder verdict = item(spec);
    switch (spec.getName()) {
      case "heartbeat" -> verdict.setKind(VerdictKind.OK).setText("the agent reports");
      case "processes" -> {
        Optional<Problem> problem = applications.problem();
        verdict
            .setKind(problem.isEmpty() ? VerdictKind.OK : VerdictKind.ERROR)
            .setFault(problem.map(Problem::fault).orElse(""))
            .setText(problem.map(Problem::text).orElse("all processes serve"));
      }
      case "filesync" -> {
        Scrub.Finding finding = scrub.finding();
        verdict.setKind(finding.kind()).setFault(finding.fault()).setText(finding.text());
      }
      default ->
          verdict
              .setKind(VerdictKind.UNKNOWN)
              .setText("this agent has no built-in watchdog \"" + spec.getName() + "\"");
    }
    return verdict.build();
  }

  /** A part that was broken on purpose overrides what the watchdog would say. */
  private Optional<VerdictReportItem> fault(WatchdogSpec spec) {
    Optional<String> fault;
    try {
      fault = hardware.fault(spec.getName());
    } catch (IOException e) {
      log.warn("the fault of {} cannot be read: {}", spec.getName(), e.toString());
      return Optional.empty();
    }
    return fault.map(
        text -> {
          ScriptResult result = ScriptRunner.judge(2, text, "", Duration.ZERO);
          return item(spec)
              .setKind(VerdictKind.ERROR)
              .setFault(result.fault())
              .setSeverity(result.severity())
              .setText(result.text())
              .build();
        });
  }

  private static VerdictReportItem.Builder item(WatchdogSpec spec) {
    return VerdictReportItem.newBuilder()
        .setWatchdog(spec.getName())
        .setSeverity(Severity.SEVERITY_UNSPECIFIED)
        .setValidForMs(validFor(spec));
  }

  private static long validFor(WatchdogSpec spec) {
    return spec.getValidForMs() == 0 ? 3 * orMinute(spec.getEveryMs()) : spec.getValidForMs();
  }

  private static long orMinute(long millis) {
    return millis == 0 ? MINUTE_MS : millis;
  }
}

package io.pilothouse.agent;

import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.VerdictReportItem;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.manifests.BuiltInWatchdogs;
import io.pilothouse.watchdog.PluginConvention;
import io.pilothouse.watchdog.ScriptResult;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What this machine's own watchdogs say: the built-in ones at each report, scripts, and faults. */
final class LocalWatchdogs {
  private static final Logger log = LoggerFactory.getLogger(LocalWatchdogs.class);
  private static final Duration EVERY = Duration.ofMinutes(1);

  private final Hardware hardware;
  private final WatchdogSets sets;
  private final ApplicationManager applications;
  private final Scrub scrub;
  private final Scripts scripts;
  private final BuiltIns builtIns;
  private final Supplier<Optional<Problem>> agentProblem;
  private final Runnable changed;
  private Map<String, String> faults = Map.of();

  /**
   * @param agentProblem why another version of the agent does not run
   * @param changed called when a part was broken or mended on purpose
   */
  LocalWatchdogs(
      Hardware hardware,
      WatchdogSets sets,
      ApplicationManager applications,
      Scrub scrub,
      Scripts scripts,
      BuiltIns builtIns,
      Supplier<Optional<Problem>> agentProblem,
      Runnable changed) {
    this.hardware = hardware;
    this.sets = sets;
    this.applications = applications;
    this.scrub = scrub;
    this.scripts = scripts;
    this.builtIns = builtIns;
    this.agentProblem = agentProblem;
    this.changed = changed;
  }

  /** One round: starts the scripts that are due, looks for broken parts. */
  void round() throws IOException {
    sets.round();
    List<WatchdogSpec> specs = sets.specs();
    long asked = sets.askedAt();
    scripts.round(specs, asked);
    builtIns.round(specs, asked);
    Map<String, String> now = new TreeMap<>();
    for (WatchdogSpec spec : specs) {
      fault(spec).ifPresent(text -> now.put(spec.getName(), text));
    }
    boolean news = !now.equals(faults);
    faults = now;
    if (news) {
      changed.run();
    }
  }

  /** The verdicts to report now: fresh ones only, so that a stuck script shows as silent. */
  List<VerdictReportItem> verdicts() {
    List<VerdictReportItem> verdicts = new ArrayList<>();
    for (WatchdogSpec spec : sets.specs()) {
      Optional<VerdictReportItem> verdict =
          fault(spec)
              .map(text -> broken(spec, text))
              .or(
                  () ->
                      switch (spec.getRunner()) {
                        // what another script said under this name is not this one's word
                        case SCRIPT ->
                            said(
                                spec,
                                scripts
                                    .said(spec.getName())
                                    .filter(each -> each.spec().equals(spec)));
                        case BUILTIN ->
                            BuiltIns.runs(spec)
                                ? said(spec, builtIns.said(spec))
                                : Optional.of(builtIn(spec));
                        // others say it
                        case REMOTE, EXTERNAL, RUNNER_UNSPECIFIED, UNRECOGNIZED -> Optional.empty();
                      });
      verdict.ifPresent(verdicts::add);
    }
    return verdicts;
  }

  private static Optional<VerdictReportItem> said(WatchdogSpec spec, Optional<Scripts.Said> said) {
    return said.filter(each -> System.nanoTime() - each.at() <= validFor(spec).toNanos())
        .map(
            each ->
                item(spec)
                    .setKind(each.kind())
                    .setFault(each.fault())
                    .setSeverity(each.severity())
                    .setText(each.text())
                    .setAgeMs(Duration.ofNanos(System.nanoTime() - each.at()).toMillis())
                    .build());
  }

  private VerdictReportItem builtIn(WatchdogSpec spec) {
    VerdictReportItem.Builder verdict = item(spec);
    switch (BuiltInWatchdogs.chosen(spec)) {
      case "heartbeat" -> {
        Optional<Problem> problem = agentProblem.get();
        verdict
            .setKind(problem.isEmpty() ? VerdictKind.OK : VerdictKind.ERROR)
            .setFault(problem.map(Problem::fault).orElse(""))
            .setText(problem.map(Problem::text).orElse("the agent reports"));
      }
      case "processes" -> {
        Optional<Problem> problem = applications.problem();
        verdict
            .setKind(problem.isEmpty() ? VerdictKind.OK : VerdictKind.ERROR)
            .setFault(problem.map(Problem::fault).orElse(""))
            .setText(problem.map(Problem::text).orElseGet(this::allServe));
      }
      case "filesync" -> {
        Scrub.Finding finding = scrub.finding();
        verdict.setKind(finding.kind()).setFault(finding.fault()).setText(finding.text());
      }
      default ->
          verdict
              .setKind(VerdictKind.UNKNOWN)
              .setText("no watchdog that speaks at each report: " + spec.getName());
    }
    return verdict.build();
  }

  private String allServe() {
    List<String> notEnforced = applications.notEnforced();
    return notEnforced.isEmpty()
        ? "all processes serve"
        : "all processes serve; limits of " + String.join("; ", notEnforced);
  }

  /** What a part that was broken on purpose makes the watchdog say, whatever it would say. */
  private Optional<String> fault(WatchdogSpec spec) {
    try {
      return hardware.fault(spec.getName());
    } catch (IOException e) {
      log.warn("the fault of {} cannot be read: {}", spec.getName(), e.toString());
      return Optional.empty();
    }
  }

  private static VerdictReportItem broken(WatchdogSpec spec, String text) {
    ScriptResult result = PluginConvention.judge(2, text, "", Duration.ZERO);
    return item(spec)
        .setKind(VerdictKind.ERROR)
        .setFault(result.fault())
        .setSeverity(result.severity())
        .setText(result.text())
        .build();
  }

  private static VerdictReportItem.Builder item(WatchdogSpec spec) {
    return VerdictReportItem.newBuilder()
        .setWatchdog(spec.getName())
        .setValidForMs(validFor(spec).toMillis());
  }

  static Duration validFor(WatchdogSpec spec) {
    return spec.getValidForMs() == 0
        ? every(spec).multipliedBy(3)
        : Duration.ofMillis(spec.getValidForMs());
  }

  static Duration every(WatchdogSpec spec) {
    return spec.getEveryMs() == 0 ? EVERY : Duration.ofMillis(spec.getEveryMs());
  }
}

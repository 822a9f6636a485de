package io.pilothouse.cli.fleet;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.api.v1.Severity;
import io.pilothouse.api.v1.WatchdogRow;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.api.v1.WatchdogState;
import io.pilothouse.cli.Json;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/** A watchdog as JSON and in words. */
final class WatchdogView {
  private WatchdogView() {}

  static void fill(WatchdogRow row, ObjectNode node) {
    WatchdogSpec spec = row.getSpec();
    WatchdogState state = row.getState();
    node.put("name", spec.getName())
        .put("mode", mode(state))
        .put("run", runner(spec))
        .put("every_ms", spec.getEveryMs())
        .put("timeout_ms", spec.getTimeoutMs())
        .put("valid_for_ms", spec.getValidForMs())
        .put("severity", severity(spec.getSeverity()));
    Json.strings(node, "types", spec.getTypesList());
    node.put("quorum", Math.max(1, spec.getQuorum()))
        .put("silence_ignored", spec.getSilenceIgnored())
        .put("quota_per_minute", spec.getQuotaPerMinute())
        .put("promote_after_ms", spec.getPromoteAfterMs());
    Json.strings(node, "may_report", mayReport(spec));
    Json.time(node, "since", state.getSince());
    Json.time(node, "promoted_at", state.getDueAt());
    Json.strings(node, "reporters", row.getReportersList());
    node.put("shed", row.getShed());
    Json.strings(node, "error_machines", row.getErrorMachinesList());
    node.putObject("verdicts")
        .put("ok", row.getOk())
        .put("warning", row.getWarning())
        .put("error", row.getError())
        .put("unknown", row.getUnknown())
        .put("silent", row.getSilent());
    node.putObject("score")
        .put("errors", state.getErrors())
        .put("confirmed", state.getConfirmed())
        .put("dismissed", state.getDismissed())
        .put("unconfirmed", state.getUnconfirmed())
        .put("detected", state.getDetected())
        .put("detect_ms", state.getDetectMs());
  }

  /** Principals that may report for an external one; for others it follows from how it runs. */
  static List<String> mayReport(WatchdogSpec spec) {
    if (spec.getRunner() != WatchdogSpec.Runner.EXTERNAL) {
      return List.of();
    }
    return spec.getReportersCount() == 0
        ? List.of("watchdog/" + spec.getName())
        : spec.getReportersList();
  }

  /** Of the errors that are decided, the share that was right, in percent; empty when none is. */
  static OptionalDouble precision(WatchdogState state) {
    long decided = state.getConfirmed() + state.getDismissed() + state.getUnconfirmed();
    return decided == 0
        ? OptionalDouble.empty()
        : OptionalDouble.of(100.0 * state.getConfirmed() / decided);
  }

  static String precisionText(WatchdogState state) {
    OptionalDouble precision = precision(state);
    return precision.isEmpty()
        ? "-"
        : String.format(Locale.ROOT, "%.1f%%", precision.getAsDouble());
  }

  /** Mean time from a machine's first bad sign to this watchdog's ERROR. */
  static String meanDetect(WatchdogState state) {
    return state.getDetected() == 0
        ? "-"
        : String.format(Locale.ROOT, "%.1fs", state.getDetectMs() / 1000.0 / state.getDetected());
  }

  static String mode(WatchdogState state) {
    return state.getMode() == WatchdogState.Mode.MODE_UNSPECIFIED ? "" : state.getMode().name();
  }

  static String runner(WatchdogSpec spec) {
    return spec.getRunner() == WatchdogSpec.Runner.RUNNER_UNSPECIFIED
        ? ""
        : spec.getRunner().name().toLowerCase(Locale.ROOT);
  }

  static String severity(Severity severity) {
    return severity == Severity.SEVERITY_UNSPECIFIED
        ? ""
        : severity.name().toLowerCase(Locale.ROOT);
  }
}

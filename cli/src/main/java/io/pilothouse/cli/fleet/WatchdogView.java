package io.pilothouse.cli.fleet;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.api.v1.Severity;
import io.pilothouse.api.v1.WatchdogRow;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.api.v1.WatchdogState;
import io.pilothouse.cli.Json;
import java.util.Locale;

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
    Json.time(node, "since", state.getSince());
    node.putObject("verdicts")
        .put("ok", row.getOk())
        .put("warning", row.getWarning())
        .put("error", row.getError())
        .put("unknown", row.getUnknown())
        .put("silent", row.getSilent());
    node.putObject("score")
        .put("errors", state.getErrors())
        .put("confirmed", state.getConfirmed())
        .put("dismissed", state.getDismissed());
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

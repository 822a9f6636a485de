package io.pilothouse.watchdog;

import io.pilothouse.api.v1.Severity;
import io.pilothouse.api.v1.VerdictKind;
import java.time.Duration;
import java.util.List;

/**
 * What one run of a health script came to.
 *
 * @param kind the verdict
 * @param fault fault code the script gave, or empty
 * @param severity severity the script gave, or unspecified
 * @param text first line of its output, or what went wrong with running it; at most 4 KiB
 * @param counters its performance data
 * @param exit exit status as the system gave it; 128 + n for death by signal n, -1 when it did not
 *     end
 * @param took wall time
 * @param stderr what it wrote there, bounded
 * @param notes what was left out of its output, and why, for its author
 */
public record ScriptResult(
    VerdictKind kind,
    String fault,
    Severity severity,
    String text,
    List<PerfData> counters,
    int exit,
    Duration took,
    String stderr,
    List<String> notes) {

  public ScriptResult {
    counters = List.copyOf(counters);
    notes = List.copyOf(notes);
  }

  /** A verdict without an exit status: the script could not be run, or did not end. */
  static ScriptResult of(VerdictKind kind, String text, Duration took, String stderr) {
    return new ScriptResult(
        kind, "", Severity.SEVERITY_UNSPECIFIED, text, List.of(), -1, took, stderr, List.of());
  }
}

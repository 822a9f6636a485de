package io.pilothouse.watchdog;

import io.pilothouse.api.v1.Severity;
import io.pilothouse.api.v1.VerdictKind;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Runs a script once, on the spot, for its author: what it said and what would be made of it. */
public final class TestRun {
  private TestRun() {}

  /** Runs it in the current directory. */
  public static ScriptResult run(Path script, List<String> args, Duration timeout)
      throws InterruptedException, IOException {
    return new ScriptRunner()
        .run(
            new ScriptRunner.Job(
                script.toAbsolutePath(),
                args,
                Path.of("").toAbsolutePath(),
                timeout,
                false,
                Map.of()));
  }

  /** What the Device Manager would make of it, in a sentence. */
  public static String meaning(ScriptResult result, Severity declared) {
    VerdictKind kind = result.kind();
    Severity severity =
        result.severity() == Severity.SEVERITY_UNSPECIFIED ? declared : result.severity();
    return switch (kind) {
      case OK -> "OK: the machine is fine as far as this watchdog knows";
      case WARNING -> "WARNING: shown to people, never the cause of a repair";
      case ERROR ->
          severity == Severity.FATAL
              ? "fatal ERROR: in live mode the machine fails at once and is replaced"
              : "ERROR: in live mode the machine fails once it has lasted for confirm-after";
      case UNKNOWN ->
          "UNKNOWN: starts no repair by itself; a soft fault once it lasts for unknown-max";
      case VERDICT_UNSPECIFIED, UNRECOGNIZED -> throw new IllegalStateException("no verdict");
    };
  }
}

package io.pilothouse.manifests.writing;

import com.google.protobuf.ByteString;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.manifests.WatchdogScript;
import java.nio.charset.StandardCharsets;

/** What judges machines. */
final class WatchdogText {
  private static final WatchdogSpec DEFAULTS = WatchdogScript.defaults();

  private WatchdogText() {}

  static Document of(WatchdogSpec spec) {
    boolean isScript = spec.getRunner() == WatchdogSpec.Runner.SCRIPT;
    return Document.of("Watchdog")
        .text("name", spec.getName())
        .text("run", isScript ? "" : Words.of(spec.getRunner()))
        .text("builtin", spec.getBuiltin())
        .text("script", isScript ? script(spec) : "")
        .texts("args", spec.getArgsList())
        .number("quorum", spec.getQuorum())
        .texts("reporters", spec.getReportersList())
        .number("quota-per-minute", spec.getQuotaPerMinute())
        .duration("every", other(spec.getEveryMs(), DEFAULTS.getEveryMs()))
        .duration("timeout", other(spec.getTimeoutMs(), DEFAULTS.getTimeoutMs()))
        .duration("valid-for", spec.getValidForMs())
        .text(
            "severity",
            spec.getSeverity() == DEFAULTS.getSeverity() ? "" : Words.of(spec.getSeverity()))
        .texts("types", spec.getTypesList())
        .text("mode", Words.of(spec.getInitialMode()))
        .text("timeout-is", spec.getTimeoutIsError() ? "error" : "")
        .duration("promote-after", spec.getPromoteAfterMs())
        .text("silence", spec.getSilenceIgnored() ? "ignore" : "")
        .text("protocol", Words.of(spec.getProtocol()))
        .text("user", spec.getUser());
  }

  private static long other(long value, long usual) {
    return value == usual ? 0 : value;
  }

  /** The script's file, beside its document: named by the watchdog and by what runs it. */
  static String script(WatchdogSpec spec) {
    ByteString bytes = spec.getScript();
    ByteString head = bytes.substring(0, Math.min(100, bytes.size()));
    String first =
        head.toString(StandardCharsets.ISO_8859_1).lines().findFirst().orElse("").strip();
    if (!first.startsWith("#!")) {
      return spec.getName() + ".bin";
    }
    return spec.getName() + (first.contains("python") ? ".py" : ".sh");
  }
}

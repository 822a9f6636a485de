package io.pilothouse.watchdog;

import com.google.protobuf.ByteString;
import io.pilothouse.api.v1.Severity;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.WatchdogSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Runs a script once, on the spot, for its author: what it said and what would be made of it. */
public final class TestRun {
  private TestRun() {}

  /** Runs it as an agent of this program's user would: a copy, in a directory of its own. */
  public static ScriptResult run(Path script, WatchdogSpec spec)
      throws InterruptedException, IOException {
    if (!Files.isExecutable(script)) {
      return new ScriptRunner()
          .run(
              ScriptRunner.Job.of(
                  script.toAbsolutePath(), Path.of("").toAbsolutePath(), Duration.ofSeconds(1)));
    }
    Path box = Files.createTempDirectory("pilot-watchdog-test-");
    try {
      WatchdogSpec named =
          spec.toBuilder()
              .setName("script")
              .setScript(ByteString.copyFrom(Files.readAllBytes(script)))
              .build();
      return new ScriptRunner().run(new ScriptBox(box).prepare(named, Map.of()));
    } finally {
      remove(box);
    }
  }

  private static void remove(Path box) throws IOException {
    List<Path> all;
    try (Stream<Path> walk = Files.walk(box)) {
      all = walk.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path each : all) {
      Files.deleteIfExists(each);
    }
  }

  /** Whom it ran as, in words. */
  public static String user(WatchdogSpec spec) throws IOException {
    RunAs user = RunAs.of(spec.getUser());
    String wanted = spec.getUser().isEmpty() ? RunAs.DEFAULT : spec.getUser();
    return user.user().equals(wanted)
        ? wanted
        : "%s; an agent that runs as root runs it as %s".formatted(user.user(), wanted);
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

package io.pilothouse.cli.fleet;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.api.v1.Severity;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.cli.CliException;
import io.pilothouse.cli.Command;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import io.pilothouse.manifests.LoadResult;
import io.pilothouse.manifests.WatchdogScript;
import io.pilothouse.watchdog.PerfData;
import io.pilothouse.watchdog.ScriptResult;
import io.pilothouse.watchdog.TestRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** Runs a health script on the spot. */
@CommandLine.Command(
    name = "test",
    description = {
      "Runs a health script here and shows what the Device Manager would make of it: a copy, in an"
          + " empty directory, with an empty environment, and as nobody when you are root.",
      "Exits with 0 for OK and WARNING, 1 for ERROR and UNKNOWN."
    })
final class WatchdogTry extends Command {
  private static final WatchdogSpec DEFAULTS =
      WatchdogSpec.newBuilder()
          .setTimeoutMs(10_000)
          .setEveryMs(60_000)
          .setSeverity(Severity.NORMAL)
          .build();

  @Parameters(index = "0", paramLabel = "SCRIPT", description = "the executable")
  Path script = Path.of("");

  @Parameters(
      index = "1..*",
      arity = "0..*",
      paramLabel = "ARG",
      description = "its arguments; after -- when they begin with a dash")
  List<String> args = new ArrayList<>();

  private String user = "";

  @Override
  protected ExitCode run() throws InterruptedException {
    if (!Files.isRegularFile(script)) {
      throw CliException.usage(
          "\"" + script + "\" is not a file", "name the script that is to be tried");
    }
    List<String> remarks = new ArrayList<>();
    WatchdogSpec spec = spec(remarks).toBuilder().addAllArgs(args).build();
    ScriptResult result = run(spec);
    show(
        () -> json(spec, result, remarks),
        () -> text(spec, result),
        () -> List.of(result.kind().name()));
    remarks.forEach(this::say);
    boolean well = result.kind() == VerdictKind.OK || result.kind() == VerdictKind.WARNING;
    return well ? ExitCode.DONE : ExitCode.FAILED;
  }

  private ScriptResult run(WatchdogSpec spec) throws InterruptedException {
    try {
      user = TestRun.user(spec);
      return TestRun.run(script, spec);
    } catch (IOException e) {
      throw new CliException(
          ExitCode.FAILED,
          "CANNOT_RUN",
          script + " cannot be run: " + e.getMessage(),
          "check its header's user, and that a file can be written where temporary ones go");
    }
  }

  /** What its header says; without a right one it runs all the same, by the defaults. */
  private WatchdogSpec spec(List<String> remarks) {
    return switch (WatchdogScript.load(script)) {
      case LoadResult.Loaded<WatchdogSpec> loaded -> loaded.value();
      case LoadResult.Rejected<WatchdogSpec> rejected -> {
        Path beside = script.toAbsolutePath().getParent();
        remarks.add("it cannot be dropped into watchdogs/ as it is; here it ran by the defaults:");
        rejected
            .problems()
            .forEach(each -> remarks.add(beside == null ? each.toString() : beside + "/" + each));
        yield DEFAULTS;
      }
    };
  }

  private ObjectNode json(WatchdogSpec spec, ScriptResult result, List<String> remarks) {
    ObjectNode root =
        Json.object()
            .put("verdict", result.kind().name())
            .put("fault", result.fault())
            .put("severity", WatchdogView.severity(severity(spec, result)))
            .put("text", result.text())
            .put("exit", result.exit())
            .put("took_ms", result.took().toMillis())
            .put("user", user)
            .put("protocol", protocol(spec))
            .put("meaning", TestRun.meaning(result, spec.getSeverity()));
    ArrayNode counters = root.putArray("counters");
    for (PerfData each : result.counters()) {
      counters
          .addObject()
          .put("label", each.label())
          .put("value", each.value())
          .put("unit", each.unit())
          .put("base_value", each.base().value())
          .put("base_unit", each.base().unit());
    }
    root.put("stderr", result.stderr());
    Json.strings(root, "notes", result.notes());
    Json.strings(root, "remarks", remarks);
    return root;
  }

  /** As written, and as the machine's counters have it. */
  private static String counter(PerfData each) {
    String written = "%s = %s %s".formatted(each.label(), each.value(), each.unit()).strip();
    PerfData base = each.base();
    return base.unit().equals(each.unit())
        ? written
        : "%s (%s %s)".formatted(written, base.value(), base.unit());
  }

  private static String protocol(WatchdogSpec spec) {
    return switch (spec.getProtocol()) {
      case CONSUL -> "consul";
      case NPD -> "npd";
      case NAGIOS, PROTOCOL_UNSPECIFIED, UNRECOGNIZED -> "nagios";
    };
  }

  private static Severity severity(WatchdogSpec spec, ScriptResult result) {
    if (result.kind() != VerdictKind.ERROR) {
      return Severity.SEVERITY_UNSPECIFIED;
    }
    return result.severity() == Severity.SEVERITY_UNSPECIFIED
        ? spec.getSeverity()
        : result.severity();
  }

  private String text(WatchdogSpec spec, ScriptResult result) {
    StringBuilder text = new StringBuilder(result.kind() + "  " + result.text());
    if (!result.fault().isEmpty()) {
      text.append("\nfault     ").append(result.fault());
    }
    text.append(
        "\nrun       %s in %d ms, time-out %d ms, as %s, protocol %s"
            .formatted(
                result.exit() < 0 ? "no exit status" : "exit status " + result.exit(),
                result.took().toMillis(),
                spec.getTimeoutMs(),
                user,
                protocol(spec)));
    result.counters().forEach(each -> text.append("\ncounter   ").append(counter(each)));
    result.notes().forEach(each -> text.append("\nnote      ").append(each));
    if (!result.stderr().isBlank()) {
      text.append("\nstderr    ").append(result.stderr().strip().replace("\n", "\n          "));
    }
    return text.append("\nmeaning   ")
        .append(TestRun.meaning(result, spec.getSeverity()))
        .toString();
  }
}

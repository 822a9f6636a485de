package io.pilothouse.cli.dev;

import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Breaks a machine's hardware so that one of its watchdogs reports an Error. */
@CommandLine.Command(
    name = "watchdog-error",
    description = "Breaks a machine's hardware: the named watchdog reports an Error from now on.")
final class DevWatchdogError extends Target {

  @Parameters(index = "0", paramLabel = "MACHINE")
  String machine = "";

  @Parameters(index = "1", paramLabel = "WATCHDOG", description = "one that the machine runs")
  String watchdog = "";

  @Option(names = "--fatal", description = "as fatal hardware: Replace at once")
  boolean fatal;

  @Option(names = "--clear", description = "mends it")
  boolean clear;

  @Override
  protected ExitCode run() throws Exception {
    requireMachine(home(), machine);
    if (!watchdog.matches("[a-z0-9][a-z0-9.-]*")) {
      throw io.pilothouse.cli.CliException.usage(
          "\"" + watchdog + "\" is not a watchdog's name", "`pilot watchdog list` shows them");
    }
    Path file = home().machine(machine).resolve("chassis/faults").resolve(watchdog);
    String done;
    if (clear) {
      done = Files.deleteIfExists(file) ? "mended" : "nothing to mend";
    } else {
      Files.createDirectories(file.getParent());
      String severity = fatal ? "fatal" : "normal";
      Files.writeString(
          file,
          "%s failed (made to by pilot dev)%n{\"fault\": \"%s.injected\", \"severity\": \"%s\"}%n"
              .formatted(watchdog, watchdog, severity));
      done = "broken";
    }
    show(
        () -> Json.object().put("machine", machine).put("watchdog", watchdog).put("result", done),
        () -> done + ": " + watchdog + " of " + machine,
        () -> List.of(machine));
    return ExitCode.DONE;
  }
}

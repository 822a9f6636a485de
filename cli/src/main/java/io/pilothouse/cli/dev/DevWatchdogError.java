package io.pilothouse.cli.dev;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.cli.CliException;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Breaks a machine's hardware so that one of its watchdogs reports an Error. */
@CommandLine.Command(
    name = "watchdog-error",
    description = "Breaks a machine's hardware: the named watchdog reports an Error from now on.")
final class DevWatchdogError extends Target {

  @Parameters(
      index = "0",
      paramLabel = "MACHINE",
      description = "a machine, several with commas between, or a share of all: 60%%")
  String machine = "";

  @Parameters(index = "1", paramLabel = "WATCHDOG", description = "one that the machine runs")
  String watchdog = "";

  @Option(
      names = "--fatal",
      description = "as fatal hardware: FAILURE at once, Replace after confirm-after")
  boolean fatal;

  @Option(names = "--clear", description = "mends it")
  boolean clear;

  @Override
  protected ExitCode run() throws Exception {
    if (!watchdog.matches("[a-z0-9][a-z0-9.-]*")) {
      throw CliException.usage(
          "\"" + watchdog + "\" is not a watchdog's name", "`pilot watchdog list` shows them");
    }
    List<String> machines = Fault.machines(home(), machine);
    for (String each : machines) {
      Fault fault = new Fault(home(), each, watchdog);
      if (clear) {
        fault.clear();
      } else {
        fault.inject(fatal);
      }
    }
    String done = clear ? "mended" : "broken";
    show(
        () -> {
          ObjectNode node = Json.object().put("watchdog", watchdog).put("result", done);
          Json.strings(node, "machines", machines);
          return node;
        },
        () -> done + ": " + watchdog + " of " + String.join(", ", machines),
        () -> machines);
    return ExitCode.DONE;
  }
}

package io.pilothouse.cli.dev;

import io.pilothouse.cli.CliException;
import io.pilothouse.cli.Command;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.GlobalOptions;
import io.pilothouse.cli.Terminal;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/**
 * What-if: a fleet under faults, in virtual time. The engine runs as a program of its own, so that
 * the command line need not carry the Device Manager's rules.
 */
@CommandLine.Command(
    name = "simulate",
    description = {
      "Simulates a fleet under faults with the Device Manager's own rules, in virtual time, and",
      "prints what came of it. Touches nothing. The same seed gives the same faults, whatever the",
      "policy; several policies and rivals are printed side by side."
    })
final class SimulateCommand extends Command {

  @Option(
      names = "--fleet",
      paramLabel = "DIR",
      description = "an own fleet directory (default: a generated fleet)")
  @Nullable String fleet;

  @Option(
      names = "--machines",
      paramLabel = "N",
      description = "machines of a generated fleet, 10 to 10000 (default: 1000)")
  @Nullable String machines;

  @Option(names = "--days", paramLabel = "D", description = "how long (default: 7)")
  @Nullable String days;

  @Option(names = "--seed", paramLabel = "S", description = "of all chance (default: 1)")
  @Nullable String seed;

  @Option(
      names = "--faults",
      paramLabel = "FILE|NAME=RATE,…",
      description = "rates of faults; `all=0,rack-power=1` has only that one strike")
  @Nullable String faults;

  @Option(
      names = "--policy",
      paramLabel = "FILE",
      description = "a RepairPolicy for all types; may be given several times")
  List<String> policies = new ArrayList<>();

  @Option(
      names = "--rival",
      paramLabel = "NAME",
      description = "breaker, breaker-capi or reboot-first; may be given several times")
  List<String> rivals = new ArrayList<>();

  @Override
  protected ExitCode run() throws Exception {
    GlobalOptions.Format format = format();
    if (format != GlobalOptions.Format.JSON && format != GlobalOptions.Format.TABLE) {
      throw CliException.usage("simulate prints a table or JSON", "use -o table or -o json");
    }
    List<String> arguments = new ArrayList<>();
    add(arguments, "--fleet", fleet);
    add(arguments, "--machines", machines);
    add(arguments, "--days", days);
    add(arguments, "--seed", seed);
    add(arguments, "--faults", faults);
    policies.forEach(each -> add(arguments, "--policy", each));
    rivals.forEach(each -> add(arguments, "--rival", each));
    add(arguments, "--output", json() ? "json" : "table");
    if (!quiet() && Terminal.console().isPresent()) {
      arguments.add("--progress");
    }
    List<String> command =
        Layout.java(
            "simulate",
            "simulate",
            "io.pilothouse.dm.simulate.Main",
            arguments.toArray(String[]::new));
    int code = new ProcessBuilder(command).inheritIO().start().waitFor();
    return switch (code) {
      case 0 -> ExitCode.DONE;
      case 2 -> ExitCode.USAGE;
      default -> ExitCode.FAILED;
    };
  }

  private static void add(List<String> arguments, String name, @Nullable String value) {
    if (value != null) {
      arguments.add(name);
      arguments.add(value);
    }
  }
}

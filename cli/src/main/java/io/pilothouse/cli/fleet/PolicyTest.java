package io.pilothouse.cli.fleet;

import io.pilothouse.cli.Command;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.GlobalOptions.Format;
import io.pilothouse.cli.Identity;
import io.pilothouse.cli.dev.ChildProgram;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows what another policy would have done, from the recorded log. */
@CommandLine.Command(
    name = "test",
    description = {
      "Replays the recorded log under the RepairPolicy in FILE, and shows which actions would have",
      "differed, how many machines would have been taken, and what cannot be known."
    })
final class PolicyTest extends Command {

  @Parameters(paramLabel = "FILE", description = "a YAML file with a RepairPolicy", arity = "0..1")
  @Nullable String file;

  @Option(
      names = "--from",
      paramLabel = "T",
      description = "begin: RFC 3339, or how long ago (default: as far as the record reaches)")
  String from = "";

  @Option(names = "--to", paramLabel = "T", description = "end (default: now)")
  String to = "0s";

  @Option(
      names = "--type",
      paramLabel = "TYPE",
      description = "this machine type (default: those that have a policy of that name)")
  String type = "";

  @Option(
      names = "--policy",
      paramLabel = "NAME",
      description = "machine types that have this policy (default: the one of FILE's name)")
  String policy = "";

  @Option(
      names = "--record",
      paramLabel = "DIR",
      description = "read record/ of a replica's data directory rather than ask the replica")
  @Nullable String record;

  @Option(names = "--dump", description = "print the recorded entries as JSON lines instead")
  boolean dump;

  @Override
  protected ExitCode run() throws Exception {
    return ChildProgram.run("backtest", "io.pilothouse.dm.backtest.Main", arguments());
  }

  private List<String> arguments() {
    List<String> arguments = new ArrayList<>(List.of("--to", to));
    ChildProgram.add(arguments, "--from", from);
    if (record == null) {
      Identity self = identity();
      String name = self.principal().substring(self.principal().indexOf('/') + 1);
      arguments.addAll(List.of("--servers", String.join(",", servers()), "--user", name));
      self.tls().ifPresent(each -> ChildProgram.add(arguments, "--tls", each.dir().toString()));
    } else {
      arguments.addAll(List.of("--record", record));
    }
    ChildProgram.add(arguments, "--type", type);
    ChildProgram.add(arguments, "--policy", policy);
    if (format() != Format.TABLE && format() != Format.WIDE) {
      arguments.addAll(List.of("-o", format().name().toLowerCase(Locale.ROOT)));
    }
    if (dump) {
      arguments.add("--dump");
    }
    if (file != null) {
      arguments.add(file);
    }
    return List.copyOf(arguments);
  }
}

package io.pilothouse.cli;

import java.util.List;
import picocli.AutoComplete;
import picocli.CommandLine;

/** A completion script for bash and zsh. */
@CommandLine.Command(
    name = "completion",
    description = "Prints a completion script: source <(pilot completion)")
final class CompletionCommand extends Command {

  @Override
  protected ExitCode run() {
    String script = AutoComplete.bash("pilot", Pilot.commandLine());
    show(() -> Json.object().put("script", script), () -> script, () -> List.of("pilot"));
    return ExitCode.DONE;
  }
}

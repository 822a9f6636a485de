package io.pilothouse.cli;

import java.util.List;
import picocli.CommandLine;

/** The manual page. */
@CommandLine.Command(
    name = "man",
    description = {
      "Prints the manual page, of all commands: pilot man | man -l -",
      "To keep it: pilot man > /usr/local/share/man/man1/pilot.1"
    })
final class ManCommand extends Command {

  @Override
  protected ExitCode run() {
    String page = new ManPage(Pilot.commandLine()).text();
    show(() -> Json.object().put("page", page), () -> page, () -> List.of("pilot"));
    return ExitCode.DONE;
  }
}

package io.pilothouse.cli.dev;

import io.pilothouse.cli.CliException;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import io.pilothouse.provisioning.power.LocalPower;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** Power loss of a machine, or {@code kill -9} of a program. */
@CommandLine.Command(
    name = "kill",
    description = "Cuts a machine's power, or kills a program with SIGKILL.")
final class DevKill extends Target {

  @Parameters(
      paramLabel = "TARGET",
      description = "a machine, dm-1 …, dm-leader, repair, watchdog, deployment-1 …")
  String target = "";

  @Override
  protected ExitCode run() throws Exception {
    String name = resolve(target);
    if (isMachine(home(), name)) {
      new LocalPower(home().machines()).off("local:" + name);
    } else {
      ProcessHandle process =
          Program.read(home(), name)
              .flatMap(each -> each.process(home()))
              .orElseThrow(
                  () ->
                      new CliException(
                          ExitCode.REFUSED,
                          "NOT_RUNNING",
                          name + " is not running",
                          "pilot dev start " + name));
      process.destroyForcibly();
      process.onExit().join();
    }
    show(() -> Json.object().put("killed", name), () -> "killed " + name, () -> List.of(name));
    return ExitCode.DONE;
  }
}

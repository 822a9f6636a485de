package io.pilothouse.cli.dev;

import io.pilothouse.cli.CliException;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import io.pilothouse.provisioning.power.BootDevice;
import io.pilothouse.provisioning.power.LocalPower;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** Starts what was killed. */
@CommandLine.Command(
    name = "start",
    description = "Switches a machine on, or starts a program that was killed.")
final class DevStart extends Target {

  @Parameters(paramLabel = "TARGET", description = "a machine, dm-1 …, repair, deployment-1 …")
  String target = "";

  @Override
  protected ExitCode run() throws Exception {
    String name = resolve(target);
    if (isMachine(home(), name)) {
      if (!machineProcesses(home(), name).isEmpty()) {
        throw new CliException(
            ExitCode.REFUSED, "RUNNING", name + " is on already", "pilot dev kill " + name);
      }
      new LocalPower(home().machines()).on("local:" + name, BootDevice.DISK);
    } else {
      Program.read(home(), name).orElseThrow().start(home());
    }
    show(() -> Json.object().put("started", name), () -> "started " + name, () -> List.of(name));
    return ExitCode.DONE;
  }
}

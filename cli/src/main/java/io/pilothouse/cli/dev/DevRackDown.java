package io.pilothouse.cli.dev;

import io.pilothouse.api.v1.ListMachinesReply;
import io.pilothouse.api.v1.ListMachinesRequest;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.cli.CliException;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import io.pilothouse.provisioning.power.LocalPower;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** Cuts the power of a whole rack. */
@CommandLine.Command(name = "rack-down", description = "Cuts the power of every machine in a rack.")
final class DevRackDown extends Target {

  @Parameters(paramLabel = "RACK")
  String rack = "";

  @Override
  protected ExitCode run() throws Exception {
    ListMachinesReply reply =
        ask(
            "ListMachines",
            ListMachinesRequest.newBuilder().setRack(rack).build(),
            ListMachinesReply.parser());
    List<String> names = reply.getItemsList().stream().map(Machine::getName).toList();
    if (rack.isEmpty() || names.isEmpty()) {
      throw new CliException(
          ExitCode.FAILED,
          "NOT_FOUND",
          "no machine is in rack \"" + rack + "\"",
          "`pilot machine list` shows the racks");
    }
    LocalPower power = new LocalPower(home().machines());
    for (String name : names) {
      power.off("local:" + name);
    }
    show(
        () -> Json.items(names, reply.getRevision(), (name, node) -> node.put("name", name)),
        () -> "without power: " + String.join(", ", names),
        () -> names);
    return ExitCode.DONE;
  }
}

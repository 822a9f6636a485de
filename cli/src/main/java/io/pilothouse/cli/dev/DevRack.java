package io.pilothouse.cli.dev;

import io.pilothouse.api.v1.ListMachinesReply;
import io.pilothouse.api.v1.ListMachinesRequest;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.cli.CliException;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import io.pilothouse.provisioning.power.BootDevice;
import io.pilothouse.provisioning.power.LocalPower;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** A rack loses its power, or gets it back. */
abstract class DevRack extends Target {

  @Parameters(paramLabel = "RACK")
  String rack = "";

  /** Switches one machine; returns whether it was touched. */
  abstract boolean act(LocalPower power, String machine) throws Exception;

  abstract String done();

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
    List<String> touched = new ArrayList<>();
    for (String name : names) {
      if (act(power, name)) {
        touched.add(name);
      }
    }
    show(
        () -> Json.items(touched, reply.getRevision(), (name, node) -> node.put("name", name)),
        () -> done() + ": " + String.join(", ", touched),
        () -> touched);
    return ExitCode.DONE;
  }

  /** Power lost. */
  @CommandLine.Command(
      name = "rack-down",
      description = "Cuts the power of every machine in a rack.")
  static final class Down extends DevRack {
    @Override
    boolean act(LocalPower power, String machine) throws Exception {
      power.off("local:" + machine);
      return true;
    }

    @Override
    String done() {
      return "without power";
    }
  }

  /** Power back. */
  @CommandLine.Command(
      name = "rack-up",
      description = "Gives a rack its power back: what is off boots from its disk.")
  static final class Up extends DevRack {
    @Override
    boolean act(LocalPower power, String machine) throws Exception {
      if (!machineProcesses(home(), machine).isEmpty()) {
        return false;
      }
      power.on("local:" + machine, BootDevice.DISK);
      return true;
    }

    @Override
    String done() {
      return "with power again";
    }
  }
}

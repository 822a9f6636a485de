package io.pilothouse.cli.ops;

import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.DeviceKind;
import io.pilothouse.api.v1.ListMachinesReply;
import io.pilothouse.api.v1.ListMachinesRequest;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.cli.Command;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.GlobalOptions.Format;
import io.pilothouse.cli.Json;
import io.pilothouse.cli.Names;
import io.pilothouse.cli.Table;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** Lists machines. */
@CommandLine.Command(name = "list", description = "Lists machines.")
final class MachineList extends Command {

  /** The conditions one can filter by. */
  enum Wanted {
    HEALTHY,
    FAILURE,
    PROBATION
  }

  @Option(names = "--type", paramLabel = "TYPE", description = "only of this machine type")
  String type = "";

  @Option(names = "--unit", paramLabel = "UNIT", description = "only of this scale unit")
  String unit = "";

  @Option(names = "--rack", paramLabel = "RACK", description = "only in this rack")
  String rack = "";

  @Option(names = "--condition", paramLabel = "CONDITION", description = "only in this condition")
  @Nullable Wanted condition;

  @Option(
      names = {"-l", "--selector"},
      paramLabel = "KEY=VALUE,…",
      description = {
        "only those for which all of it holds; also KEY!=VALUE. Keys: name (or a pattern,",
        "web-[01-12]), type, unit, rack, switch, feed, model, lifecycle, condition, active, image"
      })
  String selector = "";

  @Option(names = "--switches", description = "the network switches instead of the machines")
  boolean switches;

  @Override
  protected ExitCode run() {
    MachineSelector selected = MachineSelector.parse(selector);
    Wanted wanted = condition;
    ListMachinesRequest request =
        ListMachinesRequest.newBuilder()
            .setType(type)
            .setScaleUnit(unit)
            .setRack(rack)
            .setKind(switches ? DeviceKind.DEVICE_SWITCH : DeviceKind.DEVICE_MACHINE)
            .setCondition(
                wanted == null ? Condition.CONDITION_UNSPECIFIED : Condition.valueOf(wanted.name()))
            .build();
    ListMachinesReply reply = ask("ListMachines", request, ListMachinesReply.parser());
    List<Machine> machines = reply.getItemsList().stream().filter(selected).toList();
    show(
        () -> Json.items(machines, reply.getRevision(), MachineView::fill),
        () -> table(machines),
        () -> machines.stream().map(Machine::getName).toList());
    return ExitCode.DONE;
  }

  private String table(List<Machine> machines) {
    boolean wide = format() == Format.WIDE;
    Table table =
        wide
            ? new Table(
                "NAME",
                "TYPE",
                "UNIT",
                "RACK",
                "LIFECYCLE",
                "CONDITION",
                "FOR",
                "ACTIVE",
                "ADDRESS",
                "SWITCH",
                "FEED",
                "MODEL",
                "IMAGE",
                "BOOT",
                "NOTE")
            : new Table(
                "NAME",
                "TYPE",
                "UNIT",
                "RACK",
                "LIFECYCLE",
                "CONDITION",
                "FOR",
                "ACTIVE",
                "ADDRESS",
                "NOTE");
    for (Machine m : machines) {
      String active = Names.ref(m.getObserved().getActive());
      String condition = Names.condition(m.getCondition());
      if (wide) {
        table.row(
            m.getName(),
            m.getType(),
            m.getScaleUnit(),
            m.getRack(),
            m.getLifecycle(),
            condition,
            Names.ago(m.getSince()),
            active,
            MachineView.address(m),
            m.getSwitch(),
            m.getFeed(),
            m.getModel(),
            Names.ref(m.getObserved().getImage()),
            m.getObserved().getBootId(),
            MachineView.note(m));
      } else {
        table.row(
            m.getName(),
            m.getType(),
            m.getScaleUnit(),
            m.getRack(),
            m.getLifecycle(),
            condition,
            Names.ago(m.getSince()),
            active,
            MachineView.address(m),
            MachineView.note(m));
      }
    }
    return table.toString();
  }
}

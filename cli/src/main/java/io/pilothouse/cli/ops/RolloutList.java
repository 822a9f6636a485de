package io.pilothouse.cli.ops;

import io.pilothouse.api.v1.ListRolloutsReply;
import io.pilothouse.api.v1.ListRolloutsRequest;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.cli.Command;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import io.pilothouse.cli.Names;
import io.pilothouse.cli.Table;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** Lists rollouts, oldest first. */
@CommandLine.Command(name = "list", description = "Lists rollouts, oldest first.")
final class RolloutList extends Command {

  @Option(names = "--type", paramLabel = "TYPE", description = "only of this machine type")
  String type = "";

  @Override
  protected ExitCode run() {
    ListRolloutsRequest request = ListRolloutsRequest.newBuilder().setType(type).build();
    ListRolloutsReply reply = ask("ListRollouts", request, ListRolloutsReply.parser());
    List<Rollout> items =
        reply.getItemsList().stream()
            .sorted((a, b) -> Long.compare(a.getOrder(), b.getOrder()))
            .toList();
    show(
        () -> Json.items(items, reply.getRevision(), RolloutView::fill),
        () -> table(items),
        () -> items.stream().map(Rollout::getId).toList());
    return ExitCode.DONE;
  }

  private static String table(List<Rollout> items) {
    Table table = new Table("ID", "TYPE", "WHAT", "STATE", "FOR", "BY", "UNITS", "REASON");
    for (Rollout rollout : items) {
      String units =
          String.join(
              " ",
              rollout.getUnitsList().stream()
                  .map(unit -> unit.getName() + ":" + RolloutView.state(unit))
                  .toList());
      table.row(
          rollout.getId(),
          rollout.getType(),
          Names.ref(rollout.getTo()),
          rollout.getState(),
          Names.ago(rollout.getSince()),
          rollout.getPrincipal(),
          units,
          rollout.getReason());
    }
    return table.toString();
  }
}

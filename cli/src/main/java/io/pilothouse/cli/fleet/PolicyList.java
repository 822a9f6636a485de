package io.pilothouse.cli.fleet;

import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.GetFleetReply;
import io.pilothouse.api.v1.GetFleetRequest;
import io.pilothouse.api.v1.RepairPolicy;
import io.pilothouse.cli.Command;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import io.pilothouse.cli.Table;
import java.util.List;
import picocli.CommandLine;

/** Lists the repair policies. */
@CommandLine.Command(
    name = "list",
    description = "Lists the repair policies and the machine types that each holds for.")
final class PolicyList extends Command {

  @Override
  protected ExitCode run() {
    GetFleetReply reply =
        ask("GetFleet", GetFleetRequest.getDefaultInstance(), GetFleetReply.parser());
    Fleet fleet = reply.getFleet();
    List<RepairPolicy> policies = PolicyView.all(fleet);
    show(
        () ->
            Json.items(
                policies,
                reply.getRevision(),
                (policy, node) -> PolicyView.fill(fleet, policy, node)),
        () -> table(fleet, policies),
        () -> policies.stream().map(RepairPolicy::getName).toList());
    return ExitCode.DONE;
  }

  private static String table(Fleet fleet, List<RepairPolicy> policies) {
    Table table = new Table("NAME", "RULES", "TYPES");
    for (RepairPolicy each : policies) {
      table.row(
          each.getName(),
          each.getRulesCount() == 0 ? "the ladder" : each.getRulesCount() + " of its own",
          String.join(",", PolicyView.types(fleet, each.getName())));
    }
    return table.toString();
  }
}

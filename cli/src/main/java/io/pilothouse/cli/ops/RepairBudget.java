package io.pilothouse.cli.ops;

import io.pilothouse.api.v1.BudgetLine;
import io.pilothouse.api.v1.GetBudgetReply;
import io.pilothouse.api.v1.GetBudgetRequest;
import io.pilothouse.cli.Command;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import io.pilothouse.cli.Table;
import picocli.CommandLine;

/** The ledger that repairs, rollouts and maintenance draw on. */
@CommandLine.Command(
    name = "budget",
    description = "Limit, taken, lost and waiting machines per domain.")
final class RepairBudget extends Command {

  @Override
  protected ExitCode run() {
    GetBudgetReply reply =
        ask("GetBudget", GetBudgetRequest.getDefaultInstance(), GetBudgetReply.parser());
    show(
        () ->
            Json.items(
                reply.getItemsList(),
                reply.getRevision(),
                (line, node) ->
                    node.put("domain", line.getDomain())
                        .put("limit", line.getLimit())
                        .put("taken", line.getTaken())
                        .put("lost", line.getLost())
                        .put("waiting", line.getWaiting())),
        () -> {
          Table table = new Table("DOMAIN", "LIMIT", "TAKEN", "LOST", "WAITING");
          for (BudgetLine line : reply.getItemsList()) {
            table.row(
                line.getDomain(),
                line.getLimit(),
                line.getTaken(),
                line.getLost(),
                line.getWaiting());
          }
          return table.toString();
        },
        () -> reply.getItemsList().stream().map(BudgetLine::getDomain).toList());
    return ExitCode.DONE;
  }
}

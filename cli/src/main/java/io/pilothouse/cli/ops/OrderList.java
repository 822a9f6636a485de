package io.pilothouse.cli.ops;

import io.pilothouse.api.v1.ListOrdersReply;
import io.pilothouse.api.v1.ListOrdersRequest;
import io.pilothouse.api.v1.Order;
import io.pilothouse.cli.Command;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** Lists orders that wait for a second person. */
@CommandLine.Command(
    name = "list",
    description =
        "Lists orders that wait for a second person; --all with those of the last 30 days.")
final class OrderList extends Command {

  @Option(names = "--all", description = "also those that were decided or expired")
  boolean all;

  @Override
  protected ExitCode run() {
    ListOrdersRequest request = ListOrdersRequest.newBuilder().setWaitingOnly(!all).build();
    ListOrdersReply reply = ask("ListOrders", request, ListOrdersReply.parser());
    show(
        () -> Json.items(reply.getItemsList(), reply.getRevision(), OrderView::fill),
        () -> OrderView.table(reply.getItemsList()),
        () -> reply.getItemsList().stream().map(Order::getId).toList());
    return ExitCode.DONE;
  }
}

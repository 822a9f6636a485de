package io.pilothouse.cli.ops;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.api.v1.ListOrdersReply;
import io.pilothouse.api.v1.ListOrdersRequest;
import io.pilothouse.api.v1.Order;
import io.pilothouse.cli.Command;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import io.pilothouse.cli.Names;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** Shows one order with what it would change. */
@CommandLine.Command(
    name = "show",
    description = "Shows an order: who gave it and why, what it would change.")
final class OrderShow extends Command {

  @Parameters(paramLabel = "ID")
  String id = "";

  @Override
  protected ExitCode run() {
    ListOrdersRequest request = ListOrdersRequest.newBuilder().setId(id).build();
    Order order = ask("ListOrders", request, ListOrdersReply.parser()).getItems(0);
    show(
        () -> {
          ObjectNode node = Json.object();
          OrderView.fill(order, node);
          return node;
        },
        () -> text(order),
        () -> List.of(id));
    return ExitCode.DONE;
  }

  private static String text(Order order) {
    StringBuilder text = new StringBuilder(OrderView.table(List.of(order)));
    order.getLinesList().forEach(each -> text.append("\n  ").append(each));
    text.append(
        "\ngiven at revision %d, sha256:%s".formatted(order.getRevision(), order.getDigest()));
    if (order.hasDecision()) {
      text.append(
          "\n%s by %s at %s: %s"
              .formatted(
                  OrderView.state(order),
                  order.getDecision().getPrincipal(),
                  Names.at(order.getDecision().getAt()),
                  order.getDecision().getReason()));
    }
    return text.toString();
  }
}

package io.pilothouse.cli.ops;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.api.v1.Order;
import io.pilothouse.cli.Json;
import io.pilothouse.cli.Names;
import io.pilothouse.cli.Table;
import io.pilothouse.manifests.access.OrderKinds;
import java.util.List;
import java.util.Locale;

/** An order that waits, or waited, for a second person. */
final class OrderView {
  private OrderView() {}

  static void fill(Order order, ObjectNode node) {
    node.put("id", order.getId())
        .put("kind", OrderKinds.word(order.getKind()))
        .put("state", state(order))
        .put("what", order.getWhat())
        .put("machines", order.getMachines())
        .put("limit", order.getLimit())
        .put("principal", order.getPrincipal())
        .put("reason", order.getReason());
    Json.time(node, "at", order.getAt());
    Json.time(node, "expires_at", order.getExpiresAt());
    node.put("revision", order.getRevision()).put("digest", order.getDigest());
    Json.strings(node, "lines", order.getLinesList());
    node.put("decided_by", order.getDecision().getPrincipal())
        .put("decision_reason", order.getDecision().getReason());
    Json.time(node, "decided_at", order.getDecision().getAt());
  }

  static String state(Order order) {
    return order.getState().name().toLowerCase(Locale.ROOT);
  }

  static String table(List<Order> orders) {
    Table table = new Table("ID", "STATE", "WHAT", "MACHINES", "BY", "UNTIL", "REASON");
    for (Order order : orders) {
      table.row(
          order.getId(),
          state(order),
          order.getWhat(),
          Integer.toString(order.getMachines()),
          order.getPrincipal(),
          Names.at(order.getExpiresAt()),
          order.getReason());
    }
    return table.toString();
  }
}

package io.pilothouse.cli.offers;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.api.v1.RoleView;
import io.pilothouse.cli.Json;
import io.pilothouse.cli.Table;
import java.util.List;

/** Roles as tables and JSON. */
final class RoleRows {
  private RoleRows() {}

  static void fill(RoleView view, ObjectNode node) {
    node.put("name", view.getName())
        .put("weight", view.getWeight())
        .put("priority", view.getPriority());
    Amounts.fill(node, "guarantee", view.getGuaranteeList());
    Amounts.fill(node, "limit", view.getLimitList());
    Amounts.fill(node, "allocated", view.getAllocatedList());
    Amounts.fill(node, "reserved", view.getReservedList());
    node.put("share", view.getShare()).put("dominant", view.getDominant());
    node.put("revoke_after_ms", view.getRevokeAfterMs()).put("lack", view.getLack());
    Json.strings(node, "frameworks", view.getFrameworksList());
  }

  static String table(List<RoleView> views, boolean wide) {
    Table table =
        wide
            ? new Table(
                "NAME",
                "WEIGHT",
                "PRIORITY",
                "SHARE",
                "OF",
                "ALLOCATED",
                "GUARANTEE",
                "LIMIT",
                "FRAMEWORKS")
            : new Table("NAME", "WEIGHT", "SHARE", "ALLOCATED", "GUARANTEE", "LIMIT", "FRAMEWORKS");
    for (RoleView each : views) {
      String weight = Amounts.number(each.getWeight());
      String share = Amounts.percent(each.getShare());
      String allocated = Amounts.text(each.getAllocatedList());
      String guarantee = Amounts.text(each.getGuaranteeList());
      String limit = Amounts.text(each.getLimitList());
      if (wide) {
        table.row(
            each.getName(),
            weight,
            each.getPriority(),
            share,
            each.getDominant(),
            allocated,
            guarantee,
            limit,
            String.join(",", each.getFrameworksList()));
      } else {
        table.row(
            each.getName(), weight, share, allocated, guarantee, limit, each.getFrameworksCount());
      }
    }
    return table.toString();
  }

  static String text(RoleView view) {
    StringBuilder text = new StringBuilder("role ").append(view.getName());
    text.append("\n  weight      ").append(Amounts.number(view.getWeight()));
    text.append("\n  priority    ").append(view.getPriority());
    text.append("\n  share       ").append(share(view));
    text.append("\n  allocated   ").append(or(Amounts.text(view.getAllocatedList()), "nothing"));
    text.append("\n  reserved    ").append(or(Amounts.text(view.getReservedList()), "nothing"));
    text.append("\n  guarantee   ").append(or(Amounts.text(view.getGuaranteeList()), "none"));
    text.append("\n  limit       ").append(or(Amounts.text(view.getLimitList()), "none"));
    if (view.getRevokeAfterMs() > 0) {
      text.append(
          "\n  revokes     tasks of others, once its guarantee was not met for %d s"
              .formatted(view.getRevokeAfterMs() / 1000));
    }
    if (!view.getLack().isEmpty()) {
      text.append("\n  lacks       ").append(view.getLack());
    }
    text.append("\n  frameworks  ").append(or(String.join(", ", view.getFrameworksList()), "none"));
    return text.toString();
  }

  /** {@code 12.5 % (of cpus)}. */
  static String share(RoleView view) {
    String of = view.getDominant().isEmpty() ? "" : " (of " + view.getDominant() + ")";
    return Amounts.percent(view.getShare()) + of;
  }

  static String or(String text, String otherwise) {
    return text.isEmpty() ? otherwise : text;
  }
}

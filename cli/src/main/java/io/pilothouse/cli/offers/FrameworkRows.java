package io.pilothouse.cli.offers;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.api.v1.FrameworkView;
import io.pilothouse.cli.Json;
import io.pilothouse.cli.Names;
import io.pilothouse.cli.Table;
import java.util.List;

/** Frameworks as tables and JSON. */
final class FrameworkRows {
  private FrameworkRows() {}

  static void fill(FrameworkView view, ObjectNode node) {
    node.put("id", view.getId())
        .put("name", view.getName())
        .put("principal", view.getPrincipal())
        .put("user", view.getUser());
    Json.strings(node, "roles", view.getRolesList());
    node.put("state", view.getState());
    Json.time(node, "since", view.getSince());
    Json.time(node, "removed_by", view.getRemovedBy());
    Json.time(node, "ended_at", view.getEndedAt());
    if (!view.getEndedWhy().isEmpty()) {
      node.put("ended_why", view.getEndedWhy());
    }
    node.put("tasks", view.getTasks()).put("offers", view.getOffers());
    Amounts.fill(node, "used", view.getUsedList());
    Amounts.fill(node, "offered", view.getOfferedList());
  }

  static String table(List<FrameworkView> views, boolean wide) {
    Table table =
        wide
            ? new Table(
                "ID",
                "NAME",
                "STATE",
                "AGE",
                "ROLES",
                "TASKS",
                "OFFERS",
                "USED",
                "OFFERED",
                "PRINCIPAL",
                "USER",
                "NOTE")
            : new Table("ID", "NAME", "STATE", "AGE", "ROLES", "TASKS", "OFFERS", "USED", "NOTE");
    for (FrameworkView each : views) {
      String roles = String.join(",", each.getRolesList());
      String age = Names.ago(each.getSince());
      String used = Amounts.text(each.getUsedList());
      if (wide) {
        table.row(
            each.getId(),
            each.getName(),
            each.getState(),
            age,
            roles,
            each.getTasks(),
            each.getOffers(),
            used,
            Amounts.text(each.getOfferedList()),
            each.getPrincipal(),
            each.getUser(),
            note(each));
      } else {
        table.row(
            each.getId(),
            each.getName(),
            each.getState(),
            age,
            roles,
            each.getTasks(),
            each.getOffers(),
            used,
            note(each));
      }
    }
    return table.toString();
  }

  static String note(FrameworkView view) {
    if (view.getEndedAt() > 0) {
      return "ended %s: %s".formatted(Names.when(view.getEndedAt()), view.getEndedWhy());
    }
    return switch (view.getState()) {
      case "DISCONNECTED" -> until(view);
      case "RECOVERED" -> "not back since another scheduler began to lead; " + until(view);
      default -> "";
    };
  }

  private static String until(FrameworkView view) {
    return view.getRemovedBy() == 0
        ? "kept until it comes back or is torn down"
        : "removed with its tasks %s unless it is back before"
            .formatted(Names.when(view.getRemovedBy()));
  }

  static String sentence(FrameworkView view) {
    StringBuilder text =
        new StringBuilder(
            "framework %s '%s' is %s".formatted(view.getId(), view.getName(), view.getState()));
    if (view.getEndedAt() == 0) {
      text.append(": " + number(view.getTasks(), "task"));
      text.append(with(Amounts.text(view.getUsedList())));
      text.append(", " + number(view.getOffers(), "offer"));
      text.append(with(Amounts.text(view.getOfferedList())));
    }
    String note = note(view);
    return note.isEmpty() ? text.toString() : text.append("; ").append(note).toString();
  }

  /** {@code 1 task}, {@code 3 tasks}. */
  static String number(long many, String of) {
    return many + " " + of + (many == 1 ? "" : "s");
  }

  private static String with(String amounts) {
    return amounts.isEmpty() ? "" : " (" + amounts + ")";
  }
}

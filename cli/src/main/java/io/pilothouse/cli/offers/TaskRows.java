package io.pilothouse.cli.offers;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.api.v1.TaskView;
import io.pilothouse.cli.Json;
import io.pilothouse.cli.Names;
import io.pilothouse.cli.Table;
import java.util.List;

/** Tasks as tables and JSON. */
final class TaskRows {
  private TaskRows() {}

  static void fill(TaskView view, ObjectNode node) {
    node.put("id", view.getId())
        .put("name", view.getName())
        .put("framework", view.getFramework())
        .put("role", view.getRole())
        .put("machine", view.getMachine())
        .put("agent_id", view.getAgentId())
        .put("state", view.getState());
    Json.time(node, "since", view.getSince());
    Json.time(node, "launched_at", view.getLaunchedAt());
    node.put("message", view.getMessage()).put("reason", view.getReason());
    Amounts.fill(node, "resources", view.getResourcesList());
  }

  static String table(List<TaskView> views, boolean wide) {
    Table table =
        wide
            ? new Table(
                "ID",
                "NAME",
                "STATE",
                "FOR",
                "MACHINE",
                "FRAMEWORK",
                "ROLE",
                "RESOURCES",
                "REASON",
                "AGENT",
                "MESSAGE")
            : new Table(
                "ID", "NAME", "STATE", "FOR", "MACHINE", "FRAMEWORK", "RESOURCES", "REASON");
    for (TaskView each : views) {
      String age = Names.ago(each.getSince());
      String resources = Amounts.text(each.getResourcesList());
      if (wide) {
        table.row(
            each.getId(),
            each.getName(),
            each.getState(),
            age,
            each.getMachine(),
            each.getFramework(),
            each.getRole(),
            resources,
            each.getReason(),
            each.getAgentId(),
            each.getMessage());
      } else {
        table.row(
            each.getId(),
            each.getName(),
            each.getState(),
            age,
            each.getMachine(),
            each.getFramework(),
            resources,
            each.getReason());
      }
    }
    return table.toString();
  }

  static String sentence(TaskView view) {
    return "task %s of framework %s is %s on %s"
        .formatted(view.getId(), view.getFramework(), view.getState(), view.getMachine());
  }

  static String text(TaskView view) {
    StringBuilder text = new StringBuilder(sentence(view));
    text.append("\n  name       ").append(view.getName());
    text.append("\n  role       ").append(view.getRole());
    text.append("\n  resources  ").append(Amounts.text(view.getResourcesList()));
    text.append("\n  launched   ")
        .append(view.getLaunchedAt() == 0 ? "not known" : Names.when(view.getLaunchedAt()));
    if (view.getSince() > 0) {
      text.append("\n  since      ").append(Names.when(view.getSince()));
    }
    if (!view.getReason().isEmpty()) {
      text.append("\n  reason     ").append(view.getReason());
    }
    if (!view.getMessage().isEmpty()) {
      text.append("\n  message    ").append(view.getMessage());
    }
    return text.toString();
  }
}

package io.pilothouse.cli.ops;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.api.v1.Incident;
import io.pilothouse.api.v1.IncidentRow;
import io.pilothouse.cli.Json;
import io.pilothouse.cli.Names;
import io.pilothouse.cli.Table;
import java.util.List;

/** Incidents as JSON and as a table. */
final class IncidentView {
  private IncidentView() {}

  static void fill(IncidentRow row, ObjectNode node) {
    Incident incident = row.getIncident();
    node.put("id", incident.getId())
        .put("kind", incident.getKind().name())
        .put("state", incident.getState().name())
        .put("dimension", incident.getDimension())
        .put("value", incident.getValue())
        .put("domain", cause(incident))
        .put("sentence", incident.getSentence());
    Json.time(node, "opened_at", incident.getOpenedAt());
    Json.time(node, "closed_at", incident.getClosedAt());
    Json.strings(node, "evidence", incident.getEvidenceList());
    node.put("errors", incident.getErrors())
        .put("explained", incident.getExplained())
        .put("members", incident.getMembers())
        .put("peak", incident.getPeak())
        .put("machine_count", row.getMachineCount())
        .put("held", incident.getHeld());
    Json.strings(node, "machines", row.getMachinesList());
    Json.strings(node, "held_repairs", row.getHeldRepairsList());
    Json.strings(node, "rollouts", incident.getRolloutsList());
    node.put("trial_machine", incident.getTrialMachine());
    if (incident.hasResolveAsked()) {
      ObjectNode asked = node.putObject("resolve_asked");
      asked
          .put("principal", incident.getResolveAsked().getPrincipal())
          .put("reason", incident.getResolveAsked().getReason());
      Json.time(asked, "at", incident.getResolveAsked().getAt());
    } else {
      node.putNull("resolve_asked");
    }
    node.put("closed_by", incident.getClosedBy()).put("close_reason", incident.getCloseReason());
  }

  /** {@code rack/r7}, {@code manifest/web@1.2.0}, {@code fleet}. */
  static String cause(Incident incident) {
    return incident.getValue().isEmpty()
        ? incident.getDimension()
        : incident.getDimension() + "/" + incident.getValue();
  }

  static String table(List<IncidentRow> rows) {
    Table table =
        new Table("ID", "CAUSE", "KIND", "STATE", "SINCE", "MACHINES", "HOLDS", "ROLLOUTS");
    for (IncidentRow row : rows) {
      Incident incident = row.getIncident();
      boolean open = incident.getState() == Incident.State.OPEN;
      table.row(
          incident.getId(),
          cause(incident),
          incident.getKind().name(),
          open ? "OPEN" : "CLOSED by " + incident.getClosedBy(),
          Names.ago(open ? incident.getOpenedAt() : incident.getClosedAt()),
          open ? row.getMachineCount() : incident.getPeak(),
          open ? row.getHeldRepairsCount() : incident.getHeld(),
          String.join(", ", incident.getRolloutsList()));
    }
    return table.toString();
  }
}

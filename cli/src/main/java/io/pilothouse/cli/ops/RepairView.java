package io.pilothouse.cli.ops;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.cli.Json;
import io.pilothouse.cli.Names;
import io.pilothouse.cli.Table;
import java.util.List;

/** Repairs as JSON and as a table. */
final class RepairView {
  private RepairView() {}

  static void fill(Repair repair, ObjectNode node) {
    node.put("id", repair.getId())
        .put("machine", repair.getMachine())
        .put("action", Names.action(repair.getAction()))
        .put("state", state(repair))
        .put("fault", repair.getFault())
        .put("severity", repair.getSeverity().name())
        .put("rule", repair.getRule());
    Json.strings(node, "evidence", repair.getEvidenceList());
    Json.strings(
        node,
        "vetoes",
        repair.getVetoesList().stream().map(io.pilothouse.api.v1.Veto::getSentence).toList());
    Json.time(node, "created_at", repair.getCreatedAt());
    Json.time(node, "since", repair.getSince());
    Json.time(node, "deadline", repair.getDeadline());
    Json.time(node, "ready_at", repair.getReadyAt());
    Json.time(node, "error_since", repair.getErrorSince());
    Json.strings(node, "considered", repair.getConsideredList());
    StandingView.fill(node.putArray("budget_then"), repair.getBudgetThenList());
    node.put("incident", repair.getIncidentId()).put("needs_approval", repair.getNeedsApproval());
    if (repair.hasApproval()) {
      ObjectNode approval = node.putObject("approval");
      approval
          .put("principal", repair.getApproval().getPrincipal())
          .put("reason", repair.getApproval().getReason());
      Json.time(approval, "at", repair.getApproval().getAt());
    } else {
      node.putNull("approval");
    }
    node.put("claimed_by", repair.getClaimedBy()).put("outcome", repair.getOutcome());
    if (repair.hasTicket()) {
      ObjectNode ticket = node.putObject("ticket");
      ticket
          .put("id", repair.getTicket().getId())
          .put("where", repair.getTicket().getWhere())
          .put("visit", repair.getTicket().getVisit());
      Json.time(ticket, "opened_at", repair.getTicket().getOpenedAt());
      Json.time(ticket, "closed_at", repair.getTicket().getClosedAt());
    } else {
      node.putNull("ticket");
    }
  }

  static String state(Repair repair) {
    return repair.getState() == Repair.State.REPAIR_DRAINING
        ? "DRAINING"
        : repair.getState().name();
  }

  static String table(List<Repair> repairs) {
    Table table =
        new Table("ID", "MACHINE", "ACTION", "STATE", "FOR", "FAULT", "RULE", "HELD BACK BY");
    for (Repair repair : repairs) {
      table.row(
          repair.getId(),
          repair.getMachine(),
          Names.action(repair.getAction()),
          state(repair),
          Names.ago(repair.getSince()),
          repair.getFault(),
          repair.getRule(),
          String.join(
              "; ",
              repair.getVetoesList().stream()
                  .map(io.pilothouse.api.v1.Veto::getSentence)
                  .toList()));
    }
    return table.toString();
  }
}

package io.pilothouse.cli.ops;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.api.v1.Incident;
import io.pilothouse.api.v1.IncidentRow;
import io.pilothouse.api.v1.ListIncidentsReply;
import io.pilothouse.api.v1.ListIncidentsRequest;
import io.pilothouse.cli.Command;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** Shows one incident with its evidence, all its machines and what it holds. */
@CommandLine.Command(name = "show", description = "Shows one incident.")
final class IncidentShow extends Command {

  @Parameters(paramLabel = "ID")
  String id = "";

  @Override
  protected ExitCode run() {
    ListIncidentsRequest request = ListIncidentsRequest.newBuilder().setId(id).build();
    IncidentRow row = ask("ListIncidents", request, ListIncidentsReply.parser()).getItems(0);
    show(
        () -> {
          ObjectNode node = Json.object();
          IncidentView.fill(row, node);
          return node;
        },
        () -> text(row),
        () -> List.of(id));
    return ExitCode.DONE;
  }

  private static String text(IncidentRow row) {
    Incident incident = row.getIncident();
    StringBuilder text = new StringBuilder(IncidentView.table(List.of(row)));
    line(text, "cause", incident.getSentence());
    incident.getEvidenceList().forEach(each -> line(text, "evidence", each));
    line(text, "machines", String.join(", ", row.getMachinesList()));
    line(text, "holds", String.join(", ", row.getHeldRepairsList()));
    line(text, "trial", incident.getTrialMachine());
    if (incident.hasResolveAsked()) {
      line(
          text,
          "resolve",
          "asked for by %s (%s); a second person must do the same"
              .formatted(
                  incident.getResolveAsked().getPrincipal(),
                  incident.getResolveAsked().getReason()));
    }
    line(text, "closed", incident.getCloseReason());
    return text.toString();
  }

  private static void line(StringBuilder text, String label, String value) {
    if (!value.isEmpty()) {
      text.append("\n%-9s ".formatted(label)).append(value);
    }
  }
}

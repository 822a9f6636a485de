package io.pilothouse.cli.ops;

import io.pilothouse.api.v1.IncidentRow;
import io.pilothouse.api.v1.ListIncidentsReply;
import io.pilothouse.api.v1.ListIncidentsRequest;
import io.pilothouse.api.v1.ResolveIncidentRequest;
import io.pilothouse.api.v1.WriteReply;
import io.pilothouse.cli.Command;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** Says that an incident is over: what it held goes on, at the budget's pace. */
@CommandLine.Command(
    name = "resolve",
    description = {
      "Says that an incident is over: the repairs it held go on, at the budget's pace.",
      "Above the blast radius a second person must say the same."
    })
final class IncidentResolve extends Command {

  @Parameters(paramLabel = "ID")
  String id = "";

  @Override
  protected ExitCode run() {
    requireReason("resolving an incident");
    ListIncidentsRequest look = ListIncidentsRequest.newBuilder().setId(id).build();
    IncidentRow row = ask("ListIncidents", look, ListIncidentsReply.parser()).getItems(0);
    if (row.getMachineCount() > 0) {
      confirm(
          "%s (%s) explains %d machines and holds %d repairs; they will be repaired one by one."
              .formatted(
                  id,
                  IncidentView.cause(row.getIncident()),
                  row.getMachineCount(),
                  row.getHeldRepairsCount()),
          id);
    }
    ResolveIncidentRequest request =
        ResolveIncidentRequest.newBuilder().setIncident(id).setContext(writeContext()).build();
    WriteReply reply = ask("ResolveIncident", request, WriteReply.parser());
    boolean resolved = reply.getLinesCount() == 0;
    show(
        () -> {
          var node =
              Json.object()
                  .put("incident", id)
                  .put("resolved", resolved)
                  .put("revision", reply.getRevision());
          Json.strings(node, "lines", reply.getLinesList());
          return node;
        },
        () -> resolved ? "resolved: " + id : String.join("\n", reply.getLinesList()),
        () -> List.of(id));
    return ExitCode.DONE;
  }
}

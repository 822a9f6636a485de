package io.pilothouse.cli.ops;

import io.pilothouse.api.v1.ListIncidentsReply;
import io.pilothouse.api.v1.ListIncidentsRequest;
import io.pilothouse.cli.Command;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** Lists incidents. */
@CommandLine.Command(
    name = "list",
    description = "Lists incidents, oldest first; --open leaves closed ones out.")
final class IncidentList extends Command {

  @Option(names = "--open", description = "only those not closed")
  boolean open;

  @Override
  protected ExitCode run() {
    ListIncidentsRequest request = ListIncidentsRequest.newBuilder().setOpenOnly(open).build();
    ListIncidentsReply reply = ask("ListIncidents", request, ListIncidentsReply.parser());
    show(
        () -> Json.items(reply.getItemsList(), reply.getRevision(), IncidentView::fill),
        () -> IncidentView.table(reply.getItemsList()),
        () -> reply.getItemsList().stream().map(each -> each.getIncident().getId()).toList());
    return ExitCode.DONE;
  }
}

package io.pilothouse.cli.ops;

import io.pilothouse.api.v1.ListRepairsReply;
import io.pilothouse.api.v1.ListRepairsRequest;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.cli.Command;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** Lists repairs. */
@CommandLine.Command(name = "list", description = "Lists repairs; --open leaves closed ones out.")
final class RepairList extends Command {

  @Option(names = "--open", description = "only those not closed")
  boolean open;

  @Override
  protected ExitCode run() {
    ListRepairsRequest request = ListRepairsRequest.newBuilder().setOpenOnly(open).build();
    ListRepairsReply reply = ask("ListRepairs", request, ListRepairsReply.parser());
    show(
        () -> Json.items(reply.getItemsList(), reply.getRevision(), RepairView::fill),
        () -> RepairView.table(reply.getItemsList()),
        () -> reply.getItemsList().stream().map(Repair::getId).toList());
    return ExitCode.DONE;
  }
}

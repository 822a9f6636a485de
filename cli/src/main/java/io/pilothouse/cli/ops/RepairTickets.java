package io.pilothouse.cli.ops;

import io.pilothouse.api.v1.ListRepairsReply;
import io.pilothouse.api.v1.ListRepairsRequest;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.cli.Command;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import io.pilothouse.cli.Names;
import io.pilothouse.cli.Table;
import java.util.Comparator;
import java.util.List;
import picocli.CommandLine;

/** The technician's list: hardware to replace. */
@CommandLine.Command(name = "tickets", description = "Hardware that waits for a technician.")
final class RepairTickets extends Command {

  @Override
  protected ExitCode run() {
    ListRepairsRequest request =
        ListRepairsRequest.newBuilder().setOpenOnly(true).setTicketsOnly(true).build();
    ListRepairsReply reply = ask("ListRepairs", request, ListRepairsReply.parser());
    show(
        () -> Json.items(reply.getItemsList(), reply.getRevision(), RepairView::fill),
        () -> table(reply.getItemsList()),
        () -> reply.getItemsList().stream().map(Repair::getId).toList());
    return ExitCode.DONE;
  }

  /** Those of one visit stand together: what a technician takes along for one walk. */
  private static String table(List<Repair> repairs) {
    Table table = new Table("VISIT", "REPAIR", "MACHINE", "FAULT", "OPENED", "TICKET", "WHEN DONE");
    List<Repair> byVisit =
        repairs.stream()
            .sorted(
                Comparator.comparing((Repair each) -> each.getTicket().getVisit())
                    .thenComparingLong(Repair::getOrder))
            .toList();
    for (Repair repair : byVisit) {
      table.row(
          repair.getTicket().getVisit(),
          repair.getId(),
          repair.getMachine(),
          repair.getFault(),
          Names.at(repair.getTicket().getOpenedAt()),
          repair.getTicket().getWhere(),
          "pilot machine replaced " + repair.getMachine());
    }
    return table.toString();
  }
}

package io.pilothouse.cli.ops;

import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.GetMachineReply;
import io.pilothouse.api.v1.GetMachineRequest;
import io.pilothouse.api.v1.ListEventsReply;
import io.pilothouse.api.v1.ListEventsRequest;
import io.pilothouse.cli.Command;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import io.pilothouse.cli.Names;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What happened to one machine, oldest first, with evidence and rule. */
@CommandLine.Command(name = "history", description = "What happened to a machine, and why.")
final class MachineHistory extends Command {

  @Parameters(paramLabel = "MACHINE")
  String machine = "";

  @Option(names = "--last", paramLabel = "N", description = "only the newest N (default: 200)")
  int last = 200;

  @Override
  protected ExitCode run() {
    // an unknown machine is an error, not an empty history
    ask(
        "GetMachine",
        GetMachineRequest.newBuilder().setName(machine).build(),
        GetMachineReply.parser());
    ListEventsRequest request =
        ListEventsRequest.newBuilder().setMachine(machine).setLast(last).build();
    ListEventsReply reply = ask("ListEvents", request, ListEventsReply.parser());
    show(
        () -> Json.items(reply.getItemsList(), reply.getRevision(), EventView::fill),
        () -> text(reply.getItemsList()),
        () -> reply.getItemsList().stream().map(each -> Long.toString(each.getIndex())).toList());
    return ExitCode.DONE;
  }

  private static String text(List<AuditRecord> events) {
    List<String> lines = new ArrayList<>();
    for (AuditRecord event : events) {
      lines.add(EventView.line(event));
      String action = Names.action(event.getAction());
      if (!action.isEmpty()) {
        lines.add("          action: " + action);
      }
      if (!event.getRule().isEmpty()) {
        lines.add("          rule: " + event.getRule());
      }
      event.getEvidenceList().forEach(each -> lines.add("          evidence: " + each));
    }
    return String.join("\n", lines);
  }
}

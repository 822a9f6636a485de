package io.pilothouse.cli.fleet;

import io.pilothouse.api.v1.ListWatchdogsReply;
import io.pilothouse.api.v1.ListWatchdogsRequest;
import io.pilothouse.api.v1.WatchdogRow;
import io.pilothouse.cli.Command;
import io.pilothouse.cli.Durations;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import io.pilothouse.cli.Table;
import java.time.Duration;
import picocli.CommandLine;

/** Lists watchdogs. */
@CommandLine.Command(
    name = "list",
    description = "Lists watchdogs, their modes and what they say of how many machines.")
final class WatchdogList extends Command {

  @Override
  protected ExitCode run() {
    ListWatchdogsReply reply =
        ask(
            "ListWatchdogs",
            ListWatchdogsRequest.getDefaultInstance(),
            ListWatchdogsReply.parser());
    show(
        () -> Json.items(reply.getItemsList(), reply.getRevision(), WatchdogView::fill),
        () -> table(reply),
        () -> reply.getItemsList().stream().map(each -> each.getSpec().getName()).toList());
    return ExitCode.DONE;
  }

  private static String table(ListWatchdogsReply reply) {
    Table table =
        new Table(
            "NAME",
            "MODE",
            "RUN",
            "EVERY",
            "SEVERITY",
            "OK",
            "WARNING",
            "ERROR",
            "UNKNOWN",
            "SILENT",
            "RAISED",
            "CONFIRMED",
            "DISMISSED");
    for (WatchdogRow row : reply.getItemsList()) {
      table.row(
          row.getSpec().getName(),
          WatchdogView.mode(row.getState()),
          WatchdogView.runner(row.getSpec()),
          Durations.text(Duration.ofMillis(row.getSpec().getEveryMs())),
          WatchdogView.severity(row.getSpec().getSeverity()),
          row.getOk(),
          row.getWarning(),
          row.getError(),
          row.getUnknown(),
          row.getSilent(),
          row.getState().getErrors(),
          row.getState().getConfirmed(),
          row.getState().getDismissed());
    }
    return table.toString();
  }
}

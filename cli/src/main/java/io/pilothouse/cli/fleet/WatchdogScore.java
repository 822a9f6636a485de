package io.pilothouse.cli.fleet;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.api.v1.ListWatchdogsReply;
import io.pilothouse.api.v1.ListWatchdogsRequest;
import io.pilothouse.api.v1.WatchdogRow;
import io.pilothouse.api.v1.WatchdogState;
import io.pilothouse.cli.Command;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import io.pilothouse.cli.Table;
import picocli.CommandLine;

/** How far each watchdog is to be believed. */
@CommandLine.Command(
    name = "score",
    description = {
      "Shows what became of each watchdog's errors: confirmed by another watchdog or by a repair,",
      "dismissed because waiting was enough, or unconfirmed; and how soon it saw them."
    })
final class WatchdogScore extends Command {

  @Override
  protected ExitCode run() {
    ListWatchdogsReply reply =
        ask(
            "ListWatchdogs",
            ListWatchdogsRequest.getDefaultInstance(),
            ListWatchdogsReply.parser());
    show(
        () -> Json.items(reply.getItemsList(), reply.getRevision(), WatchdogScore::fill),
        () -> table(reply),
        () -> reply.getItemsList().stream().map(each -> each.getSpec().getName()).toList());
    return ExitCode.DONE;
  }

  static void fill(WatchdogRow row, ObjectNode node) {
    WatchdogState state = row.getState();
    node.put("name", row.getSpec().getName())
        .put("mode", WatchdogView.mode(state))
        .put("raised", state.getErrors())
        .put("confirmed", state.getConfirmed())
        .put("dismissed", state.getDismissed())
        .put("unconfirmed", state.getUnconfirmed());
    if (state.getDetected() == 0) {
      node.putNull("mean_detect_ms");
    } else {
      node.put("mean_detect_ms", state.getDetectMs() / state.getDetected());
    }
    WatchdogView.precision(state)
        .ifPresentOrElse(
            share -> node.put("precision_percent", share), () -> node.putNull("precision_percent"));
  }

  private static String table(ListWatchdogsReply reply) {
    Table table =
        new Table(
            "NAME",
            "MODE",
            "RAISED",
            "CONFIRMED",
            "DISMISSED",
            "UNCONFIRMED",
            "MEAN-DETECT",
            "PRECISION");
    for (WatchdogRow row : reply.getItemsList()) {
      WatchdogState state = row.getState();
      table.row(
          row.getSpec().getName(),
          WatchdogView.mode(state),
          state.getErrors(),
          state.getConfirmed(),
          state.getDismissed(),
          state.getUnconfirmed(),
          WatchdogView.meanDetect(state),
          WatchdogView.precisionText(state));
    }
    return table.toString();
  }
}

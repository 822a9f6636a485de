package io.pilothouse.cli.fleet;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.ListEventsReply;
import io.pilothouse.api.v1.ListEventsRequest;
import io.pilothouse.api.v1.ListWatchdogsReply;
import io.pilothouse.api.v1.ListWatchdogsRequest;
import io.pilothouse.api.v1.WatchdogRow;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.api.v1.WatchdogState;
import io.pilothouse.cli.Command;
import io.pilothouse.cli.Durations;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import io.pilothouse.cli.Names;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** All about one watchdog. */
@CommandLine.Command(
    name = "show",
    description = {
      "Shows a watchdog: how it runs, whether it counts, how far it is to be believed, who reports",
      "and what was refused, the machines in ERROR, and what changed last."
    })
final class WatchdogShow extends Command {
  private static final int CHANGES = 10;

  @Parameters(paramLabel = "WATCHDOG")
  String watchdog = "";

  @Override
  protected ExitCode run() {
    WatchdogRow row =
        WatchdogLookup.find(
            () ->
                ask(
                    "ListWatchdogs",
                    ListWatchdogsRequest.getDefaultInstance(),
                    ListWatchdogsReply.parser()),
            watchdog);
    List<AuditRecord> changes =
        ask(
                "ListEvents",
                ListEventsRequest.newBuilder()
                    .setSubject("watchdog/" + watchdog)
                    .setLast(CHANGES)
                    .build(),
                ListEventsReply.parser())
            .getItemsList();
    show(() -> data(row, changes), () -> text(row, changes), () -> List.of(watchdog));
    return ExitCode.DONE;
  }

  private static ObjectNode data(WatchdogRow row, List<AuditRecord> changes) {
    ObjectNode node = Json.object();
    WatchdogView.fill(row, node);
    ArrayNode array = node.putArray("last_changes");
    for (AuditRecord change : changes) {
      ObjectNode item = array.addObject();
      Json.time(item, "at", change.getAt());
      item.put("machine", change.getMachine())
          .put("from", change.getFrom())
          .put("to", change.getTo())
          .put("principal", change.getPrincipal())
          .put("text", change.getText());
    }
    return node;
  }

  private static String text(WatchdogRow row, List<AuditRecord> changes) {
    WatchdogSpec spec = row.getSpec();
    WatchdogState state = row.getState();
    List<String> lines = new ArrayList<>();
    lines.add(
        "%s is %s since %s"
            .formatted(spec.getName(), WatchdogView.mode(state), Names.ago(state.getSince())));
    line(lines, "runs", runs(spec));
    line(lines, "says", says(row));
    if (row.getErrorMachinesCount() > 0) {
      boolean all = row.getErrorMachinesCount() == row.getError();
      line(
          lines,
          "in ERROR",
          String.join(", ", row.getErrorMachinesList()) + (all ? "" : " and others"));
    }
    line(
        lines,
        "score",
        "%d raised, %d confirmed, %d dismissed, %d unconfirmed; precision %s, mean time to detect %s"
            .formatted(
                state.getErrors(),
                state.getConfirmed(),
                state.getDismissed(),
                state.getUnconfirmed(),
                WatchdogView.precisionText(state),
                WatchdogView.meanDetect(state)));
    if (spec.getRunner() == WatchdogSpec.Runner.EXTERNAL) {
      line(lines, "may report", String.join(", ", WatchdogView.mayReport(spec)));
    }
    if (row.getReportersCount() > 0) {
      line(lines, "reporters", String.join(", ", row.getReportersList()));
    }
    line(lines, "refused", row.getShed() + " reports for the quota, since the last election");
    for (AuditRecord change : changes) {
      lines.add(
          "  %s  %s%s → %s  %s"
              .formatted(
                  Names.ago(change.getAt()),
                  change.getMachine().isEmpty() ? "" : change.getMachine() + "  ",
                  change.getFrom().isEmpty() ? "-" : change.getFrom(),
                  change.getTo(),
                  change.getText()));
    }
    return String.join("\n", lines);
  }

  private static void line(List<String> lines, String what, String text) {
    lines.add("%-11s %s".formatted(what + ":", text));
  }

  private static String runs(WatchdogSpec spec) {
    String quorum =
        spec.getQuorum() > 1 ? ", an ERROR needs %d fault domains".formatted(spec.getQuorum()) : "";
    long validFor = spec.getValidForMs() == 0 ? 3 * spec.getEveryMs() : spec.getValidForMs();
    return "%s, every %s, valid for %s%s%s"
        .formatted(
            WatchdogView.runner(spec),
            Durations.text(Duration.ofMillis(spec.getEveryMs())),
            Durations.text(Duration.ofMillis(validFor)),
            quorum,
            spec.getSilenceIgnored() ? ", its silence is no fault" : "");
  }

  private static String says(WatchdogRow row) {
    return "OK of %d machines, WARNING %d, ERROR %d, UNKNOWN %d, silent %d"
        .formatted(
            row.getOk(), row.getWarning(), row.getError(), row.getUnknown(), row.getSilent());
  }
}

package io.pilothouse.cli.ops;

import io.pilothouse.api.v1.ListEventsReply;
import io.pilothouse.api.v1.ListEventsRequest;
import io.pilothouse.cli.Command;
import io.pilothouse.cli.Durations;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** Who did what, and why. */
@CommandLine.Command(
    name = "list",
    description = "Who did what and why, oldest first; the filters are applied together.")
final class AuditList extends Command {

  @Option(
      names = "--principal",
      paramLabel = "PRINCIPAL",
      description = "only what this one did: operator/alice, or satellite/*")
  String principal = "";

  @Option(
      names = "--since",
      paramLabel = "DURATION",
      converter = Durations.class,
      description = "only what is not older than this: 24h")
  @Nullable Duration since;

  @Option(
      names = "--kind",
      paramLabel = "KIND",
      description = "only of this kind: operator, fleet, rollout, condition …")
  String kind = "";

  @Option(names = "--machine", paramLabel = "MACHINE", description = "only of this machine")
  String machine = "";

  @Option(names = "--last", paramLabel = "N", description = "the newest N (default: 200)")
  int last = 200;

  @Override
  protected ExitCode run() {
    ListEventsRequest.Builder request =
        ListEventsRequest.newBuilder()
            .setPrincipal(principal)
            .setKind(kind.toUpperCase(Locale.ROOT))
            .setMachine(machine)
            .setLast(last);
    Duration age = since;
    if (age != null) {
      request.setSinceAt(Math.max(1, System.currentTimeMillis() - age.toMillis()));
    }
    ListEventsReply reply = ask("ListEvents", request.build(), ListEventsReply.parser());
    show(
        () -> Json.items(reply.getItemsList(), reply.getRevision(), EventView::fill),
        () -> String.join("\n", reply.getItemsList().stream().map(EventView::line).toList()),
        () -> reply.getItemsList().stream().map(each -> Long.toString(each.getIndex())).toList());
    return ExitCode.DONE;
  }
}

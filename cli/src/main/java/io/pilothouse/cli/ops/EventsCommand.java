package io.pilothouse.cli.ops;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.ListEventsReply;
import io.pilothouse.api.v1.ListEventsRequest;
import io.pilothouse.cli.Command;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import java.time.Duration;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** What happened in the fleet, ascending, one clock; the index is the tie-break. */
@CommandLine.Command(
    name = "events",
    description = "What happened in the fleet, in order; --follow goes on.")
final class EventsCommand extends Command {
  private static final Duration WAIT = Duration.ofSeconds(10);

  @Option(
      names = {"-f", "--follow"},
      description = "go on as things happen")
  boolean follow;

  @Option(names = "--since", paramLabel = "INDEX", description = "only after this revision")
  long since = -1;

  @Option(names = "--last", paramLabel = "N", description = "the newest N (default: 50)")
  int last = 50;

  @Option(names = "--machine", paramLabel = "MACHINE", description = "only of this machine")
  String machine = "";

  @Override
  protected ExitCode run() {
    ListEventsRequest.Builder request = ListEventsRequest.newBuilder().setMachine(machine);
    if (since >= 0) {
      request.setSinceIndex(since);
    } else {
      request.setLast(last);
    }
    ListEventsReply reply = ask("ListEvents", request.build(), ListEventsReply.parser());
    if (!follow) {
      show(
          () -> Json.items(reply.getItemsList(), reply.getRevision(), EventView::fill),
          () -> String.join("\n", reply.getItemsList().stream().map(EventView::line).toList()),
          () -> reply.getItemsList().stream().map(each -> Long.toString(each.getIndex())).toList());
      return ExitCode.DONE;
    }
    reply.getItemsList().forEach(this::printOne);
    follow(reply.getRevision());
    return ExitCode.DONE;
  }

  private void follow(long from) {
    long revision = from;
    while (!System.out.checkError()) {
      ListEventsRequest next =
          ListEventsRequest.newBuilder()
              .setMachine(machine)
              .setSinceIndex(revision)
              .setWaitMs(WAIT.toMillis())
              .build();
      ListEventsReply reply =
          ask("ListEvents", next, ListEventsReply.parser(), WAIT.plus(timeout()));
      if (reply.getCompactedBelow() > revision + 1) {
        say("events before revision " + reply.getCompactedBelow() + " are gone: compacted");
      }
      reply.getItemsList().forEach(this::printOne);
      revision = Math.max(revision, reply.getRevision());
    }
  }

  private void printOne(AuditRecord event) {
    if (json()) {
      ObjectNode node = Json.object();
      EventView.fill(event, node);
      print(Json.line(node));
    } else {
      print(EventView.line(event));
    }
  }
}

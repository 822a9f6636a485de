package io.pilothouse.cli.ops;

import io.pilothouse.api.v1.ListEventsReply;
import io.pilothouse.api.v1.ListEventsRequest;
import io.pilothouse.api.v1.StatusReply;
import io.pilothouse.cli.Command;
import io.pilothouse.cli.Durations;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.GlobalOptions;
import io.pilothouse.cli.Terminal;
import io.pilothouse.client.DmException;
import io.pilothouse.client.UnreachableException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** The status and the newest events, drawn anew again and again. */
@CommandLine.Command(
    name = "top",
    description = {
      "The fleet live: what `pilot status` says, with the newest events, until Ctrl-C.",
      "Where there is no terminal: once."
    })
final class TopCommand extends Command {
  private static final int EVENTS = 10;
  private static final Duration SHORTEST = Duration.ofMillis(100);

  @Option(
      names = "--every",
      paramLabel = "DURATION",
      converter = Durations.class,
      description = "how long from one look to the next (default: 1s)")
  Duration every = Duration.ofSeconds(1);

  @Override
  protected ExitCode run() throws InterruptedException {
    if (!Terminal.canDraw()
        || (format() != GlobalOptions.Format.TABLE && format() != GlobalOptions.Format.WIDE)) {
      StatusReply status = status();
      show(
          () -> StatusCommand.json(status),
          () -> String.join("\n", lines(status, newest())),
          () -> List.of(status.getHealth()));
      return ExitCode.DONE;
    }
    LiveLines live = new LiveLines(System.out);
    List<String> last = List.of();
    while (!System.out.checkError()) {
      List<String> lines = new ArrayList<>(last);
      try {
        last = lines(status(), newest());
        lines = last;
      } catch (UnreachableException | DmException e) {
        if (last.isEmpty()) {
          throw e;
        }
        // what is known stays, and that it is old is said: a leader may just have gone
        lines.add(0, "not answered, asking again: " + e.getMessage());
      }
      live.draw(lines, Terminal.size());
      Thread.sleep(every.compareTo(SHORTEST) < 0 ? SHORTEST : every);
    }
    return ExitCode.DONE;
  }

  private ListEventsReply newest() {
    return ask(
        "ListEvents",
        ListEventsRequest.newBuilder().setLast(EVENTS).build(),
        ListEventsReply.parser());
  }

  /** The newest event first: on a small terminal the oldest are those that are cut off. */
  private static List<String> lines(StatusReply status, ListEventsReply events) {
    List<String> lines = new ArrayList<>(StatusCommand.screen(status).lines().toList());
    lines.add("");
    events.getItemsList().reversed().stream().map(EventView::line).forEach(lines::add);
    return lines;
  }
}

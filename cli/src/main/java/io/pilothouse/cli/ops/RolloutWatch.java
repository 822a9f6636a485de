package io.pilothouse.cli.ops;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.api.v1.ListEventsReply;
import io.pilothouse.api.v1.ListEventsRequest;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.cli.Durations;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import io.pilothouse.cli.Terminal;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/**
 * Follows one rollout to its end: a live picture on a terminal, a line a change elsewhere. It reads
 * this rollout's id only, so it cannot show another generation's state.
 */
@CommandLine.Command(
    name = "watch",
    description = {
      "Follows a rollout to its end; the newest by default.",
      "Ends with 0 completed, 4 rolled back or aborted, 5 when --timeout passed first."
    })
final class RolloutWatch extends RolloutQuery {
  private static final Duration NEWS = Duration.ofSeconds(1);

  @Parameters(arity = "0..1", paramLabel = "ID")
  String id = "";

  private final long start = System.nanoTime();
  private final LiveLines live = new LiveLines(System.out);
  private Optional<Duration> limit = Optional.empty();
  private String last = "";

  @Override
  protected ExitCode run() {
    limit = givenTimeout();
    Rollout rollout = find(id);
    limit.ifPresent(
        each -> say("this command waits " + Durations.text(each) + " at most, then exits with 5"));
    while (true) {
      draw(rollout);
      if (RolloutView.ended(rollout)) {
        return RolloutView.exitCode(rollout);
      }
      if (limit.isPresent() && System.nanoTime() - start > limit.get().toNanos()) {
        say("gave up waiting after " + Durations.text(limit.get()) + "; the rollout goes on");
        return ExitCode.GAVE_UP;
      }
      awaitNews();
      rollout = find(rollout.getId());
    }
  }

  /** Waits for any event, a second at most: blockers change without one. */
  private void awaitNews() {
    ListEventsRequest newest = ListEventsRequest.newBuilder().setLast(1).build();
    ListEventsReply now = ask("ListEvents", newest, ListEventsReply.parser());
    ListEventsRequest next =
        ListEventsRequest.newBuilder()
            .setSinceIndex(now.getRevision())
            .setLimit(1)
            .setWaitMs(NEWS.toMillis())
            .build();
    ask("ListEvents", next, ListEventsReply.parser(), NEWS.plus(timeout()));
  }

  private void draw(Rollout rollout) {
    if (json()) {
      ObjectNode node = Json.object();
      RolloutView.fill(rollout, node);
      printOnce(Json.line(node));
    } else if (!Terminal.canDraw() || quiet()) {
      printOnce(RolloutView.line(rollout));
    } else {
      redraw(rollout);
    }
  }

  private void printOnce(String text) {
    if (!text.equals(last)) {
      print(text);
      last = text;
    }
  }

  private void redraw(Rollout rollout) {
    Terminal.Size size = Terminal.size();
    List<String> more =
        limit
            .map(each -> each.minusNanos(System.nanoTime() - start))
            .map(
                left ->
                    "this command gives up in "
                        + Durations.text(left.isNegative() ? Duration.ZERO : left)
                        + "; the rollout goes on then")
            .stream()
            .toList();
    RolloutPicture picture = new RolloutPicture(size.columns(), colors());
    live.draw(picture.lines(rollout, more, size.rows() - 1), size);
  }
}

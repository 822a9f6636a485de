package io.pilothouse.cli.ops;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** Shows one rollout. */
@CommandLine.Command(name = "show", description = "Shows one rollout; the newest by default.")
final class RolloutShow extends RolloutQuery {

  @Parameters(arity = "0..1", paramLabel = "ID")
  String id = "";

  @Override
  protected ExitCode run() {
    Rollout rollout = find(id);
    show(
        () -> {
          ObjectNode node = Json.object();
          RolloutView.fill(rollout, node);
          return node;
        },
        () -> new RolloutPicture(Integer.MAX_VALUE, false).text(rollout),
        () -> List.of(rollout.getId()));
    return ExitCode.DONE;
  }
}

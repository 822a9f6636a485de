package io.pilothouse.cli.ops;

import io.pilothouse.api.v1.StartRolloutRequest;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.api.v1.WriteReply;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Starts a rollout. */
@CommandLine.Command(name = "start", description = "Starts a rollout.")
final class RolloutStart extends RolloutQuery {

  @Parameters(index = "0", paramLabel = "TYPE", description = "machine type")
  String type = "";

  @Parameters(index = "1", paramLabel = "NAME@VERSION")
  String version = "";

  @Option(
      names = "--plan",
      paramLabel = "DIGEST",
      description = "refuse when the fleet has changed since this plan")
  String plan = "";

  @Option(
      names = "--first",
      split = ",",
      paramLabel = "MACHINE",
      description = "canary machines, by name or pattern web-[01-03], before all others")
  List<String> first = List.of();

  @Override
  protected ExitCode run() {
    VersionRef to = version(version);
    StartRolloutRequest request =
        StartRolloutRequest.newBuilder()
            .setType(type)
            .setName(to.getName())
            .setVersion(to.getVersion())
            .setPlanDigest(plan)
            .addAllFirst(first)
            .setContext(writeContext())
            .build();
    WriteReply reply = ask("StartRollout", request, WriteReply.parser());
    show(
        () -> Json.object().put("id", reply.getId()).put("revision", reply.getRevision()),
        () -> "started " + reply.getId(),
        () -> List.of(reply.getId()));
    say("watch it: pilot rollout watch " + reply.getId());
    return ExitCode.DONE;
  }
}

package io.pilothouse.cli.ops;

import io.pilothouse.api.v1.PlannedUnit;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutPlan;
import io.pilothouse.api.v1.RolloutUnit;
import io.pilothouse.api.v1.StartRolloutRequest;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.api.v1.WriteReply;
import io.pilothouse.cli.CliException;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import io.pilothouse.client.DmException;
import io.pilothouse.client.UnreachableException;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Starts a rollout. */
@CommandLine.Command(
    name = "start",
    description = {
      "Starts a rollout. Asks first when it goes to more than 100 machines, unless --plan names a",
      "plan that was looked at."
    })
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
  protected ExitCode run() throws InterruptedException {
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
    askFirst(request);
    WriteReply reply = ask("StartRollout", request, WriteReply.parser());
    show(
        () -> Json.object().put("id", reply.getId()).put("revision", reply.getRevision()),
        () -> "started " + reply.getId(),
        () -> List.of(reply.getId()));
    if (!quiet()) {
      // it has begun: whoever is in a hurry does not wait for this
      difference(reply.getId());
    }
    say("watch it: pilot rollout watch " + reply.getId());
    return ExitCode.DONE;
  }

  /** Of a small fleet not even the plan is asked for. */
  private void askFirst(StartRolloutRequest request) {
    if (yes() || !plan.isEmpty() || status().getTotal() <= MANY) {
      return;
    }
    RolloutPlan would =
        ask("PlanRollout", request.toBuilder().clearContext().build(), RolloutPlan.parser());
    long machines = would.getUnitsList().stream().mapToLong(PlannedUnit::getEligible).sum();
    confirmMany(
        machines,
        "%s goes to %d machines of %s, unit by unit: pilot rollout plan %s %s shows how."
            .formatted(version, machines, type, type, version),
        type);
  }

  private void difference(String id) throws InterruptedException {
    Rollout rollout;
    try {
      rollout = find(id);
    } catch (CliException | DmException | UnreachableException e) {
      say("how it differs from what is active is not known: " + e.getMessage());
      return;
    }
    List<VersionRef> active =
        rollout.getUnitsList().stream()
            .filter(each -> each.getMembersCount() == 0)
            .map(RolloutUnit::getBefore)
            .toList();
    changes(active, rollout.getTo())
        .forEach(each -> say(ChangeView.sentence(each, rollout.getTo())));
  }
}

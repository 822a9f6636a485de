package io.pilothouse.cli.fleet;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.FleetChange;
import io.pilothouse.api.v1.FleetPlan;
import io.pilothouse.api.v1.WriteReply;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** Makes the Device Manager's fleet specification what a directory says: all of it or nothing. */
@CommandLine.Command(
    name = "apply",
    description = {
      "Shows what changes, then makes it so in one step.",
      "Asks first when something is removed, or when more than --blast-radius of the fleet's",
      "machines are touched."
    })
final class ApplyCommand extends FleetCommand {
  private static final int FEW = 3;

  @Option(
      names = "--if-revision",
      paramLabel = "N",
      description = "refuse when the server has moved on from the revision that plan printed")
  long ifRevision;

  @Option(
      names = "--blast-radius",
      paramLabel = "PERCENT",
      description = "share of machines that may be touched without asking (default: 25)")
  int blastRadius = 25;

  @Override
  protected ExitCode run() {
    Fleet fleet = loadOrFail();
    FleetCall call = new FleetCall(fleet);
    FleetPlan plan = plan(call, ifRevision);
    if (plan.getChangesCount() == 0) {
      show(
          () -> json(plan, plan.getRevision()),
          () -> "no changes: revision " + plan.getRevision() + " stands",
          List::of);
      return ExitCode.DONE;
    }
    if (!json()) {
      say(lines(plan).stripTrailing());
    }
    askFirst(fleet, plan);
    WriteReply reply =
        ask(
            "ApplyFleet",
            // what was shown is what is applied, or nothing is
            call.request(plan.getRevision(), writeContext()),
            WriteReply.parser(),
            call.deadline(givenTimeout(), timeout()),
            call.attempt());
    show(
        () -> json(plan, reply.getRevision()),
        () ->
            "applied %s, %s touched, revision %d"
                .formatted(
                    count(changes(plan), "change"),
                    count(plan.getMachinesTouched(), "machine"),
                    reply.getRevision()),
        () -> plan.getChangesList().stream().map(FleetChange::getObject).toList());
    return ExitCode.DONE;
  }

  /** A fleet's first specification touches nothing that runs. */
  private void askFirst(Fleet fleet, FleetPlan plan) {
    List<String> removed =
        plan.getChangesList().stream()
            .filter(each -> each.getVerb().equals("remove"))
            .map(FleetChange::getObject)
            .toList();
    int more = Math.max(plan.getRemovalsTotal(), removed.size()) - Math.min(FEW, removed.size());
    long touched = plan.getMachinesTouched();
    boolean wide = touched * 100 > (long) blastRadius * fleet.getMachinesCount();
    if (plan.getRevision() == 0 || (!wide && removed.isEmpty())) {
      return;
    }
    String what =
        removed.isEmpty()
            ? ""
            : " and removes "
                + String.join(", ", removed.subList(0, Math.min(FEW, removed.size())))
                + (more > 0 ? " and " + more + " more" : "");
    confirm(
        "This touches %d of %s of fleet %s%s."
            .formatted(touched, count(fleet.getMachinesCount(), "machine"), fleet.getName(), what),
        fleet.getName());
  }

  private ObjectNode json(FleetPlan plan, long revision) {
    ObjectNode root = Json.object();
    changes(root.putArray("items"), plan.getChangesList());
    problems(root.putArray("warnings"), warnings);
    return root.put("changes_total", changes(plan))
        .put("machines_touched", plan.getMachinesTouched())
        .put("revision", revision);
  }
}

package io.pilothouse.cli.fleet;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.FleetChange;
import io.pilothouse.api.v1.FleetPlan;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** What an apply would change. */
@CommandLine.Command(
    name = "plan",
    description = "Shows what apply would change and whom it touches; changes nothing.")
final class PlanCommand extends FleetCommand {

  @Option(
      names = "--detailed-exitcode",
      description = "exit with 3 when there are changes (default: 0)")
  boolean detailed;

  @Override
  protected ExitCode run() {
    Fleet fleet = loadOrFail();
    FleetPlan plan = plan(new FleetCall(fleet), 0);
    show(
        () -> json(plan),
        () -> text(plan),
        () -> plan.getChangesList().stream().map(FleetChange::getObject).toList());
    return detailed && plan.getChangesCount() > 0 ? ExitCode.CHANGES : ExitCode.DONE;
  }

  private ObjectNode json(FleetPlan plan) {
    ObjectNode root = Json.object();
    changes(root.putArray("items"), plan.getChangesList());
    problems(root.putArray("warnings"), warnings);
    return root.put("changes_total", changes(plan))
        .put("machines_touched", plan.getMachinesTouched())
        .put("revision", plan.getRevision());
  }

  private String text(FleetPlan plan) {
    if (plan.getChangesCount() == 0) {
      return "no changes: the Device Manager has what %s says, at revision %d"
          .formatted(dir(), plan.getRevision());
    }
    return "%s%s, %s touched, at revision %d; nothing was changed%napply it: pilot apply %s"
            .formatted(
                lines(plan),
                count(changes(plan), "change"),
                count(plan.getMachinesTouched(), "machine"),
                plan.getRevision(),
                dir())
        + (plan.getRevision() == 0 ? "" : " --if-revision " + plan.getRevision());
  }
}

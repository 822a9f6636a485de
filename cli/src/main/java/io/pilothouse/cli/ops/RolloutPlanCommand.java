package io.pilothouse.cli.ops;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.api.v1.PlannedUnit;
import io.pilothouse.api.v1.RolloutPlan;
import io.pilothouse.api.v1.StartRolloutRequest;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.cli.Durations;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import io.pilothouse.cli.Names;
import io.pilothouse.cli.Table;
import java.time.Duration;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** What a rollout would touch, in which order, and what capacity would be left. */
@CommandLine.Command(
    name = "plan",
    description = "Units in order, machines touched, capacity left, conflicts; changes nothing.")
final class RolloutPlanCommand extends RolloutQuery {

  @Parameters(index = "0", paramLabel = "TYPE", description = "machine type")
  String type = "";

  @Parameters(index = "1", paramLabel = "NAME@VERSION")
  String version = "";

  @Override
  protected ExitCode run() {
    VersionRef to = version(version);
    StartRolloutRequest request =
        StartRolloutRequest.newBuilder()
            .setType(type)
            .setName(to.getName())
            .setVersion(to.getVersion())
            .build();
    RolloutPlan plan = ask("PlanRollout", request, RolloutPlan.parser());
    show(() -> json(plan), () -> text(plan), () -> List.of(plan.getDigest()));
    return ExitCode.DONE;
  }

  private static ObjectNode json(RolloutPlan plan) {
    ObjectNode root =
        Json.object()
            .put("type", plan.getType())
            .put("what", Names.ref(plan.getTo()))
            .put("digest", plan.getDigest());
    ArrayNode units = root.putArray("units");
    for (PlannedUnit unit : plan.getUnitsList()) {
      units
          .addObject()
          .put("name", unit.getName())
          .put("from", Names.ref(unit.getFrom()))
          .put("machines", unit.getMachines())
          .put("eligible", unit.getEligible())
          .put("batch", unit.getBatch())
          .put("capacity_left", unit.getCapacityLeft());
    }
    Json.strings(root, "conflicts", plan.getConflictsList());
    return root.put("estimated_seconds", plan.getEstimatedMs() / 1000.0)
        .put("revision", plan.getRevision());
  }

  private static String text(RolloutPlan plan) {
    Table table = new Table("UNIT", "FROM", "MACHINES", "ELIGIBLE", "BATCH", "CAPACITY LEFT");
    for (PlannedUnit unit : plan.getUnitsList()) {
      table.row(
          unit.getName(),
          Names.ref(unit.getFrom()),
          unit.getMachines(),
          unit.getEligible(),
          unit.getBatch(),
          unit.getCapacityLeft());
    }
    StringBuilder text =
        new StringBuilder("%s → %s%n".formatted(plan.getType(), Names.ref(plan.getTo())))
            .append(table);
    plan.getConflictsList().forEach(each -> text.append("\nconflict: ").append(each));
    text.append("\nestimated ")
        .append(Durations.text(Duration.ofMillis(plan.getEstimatedMs())))
        .append("; nothing was changed\nstart it: pilot rollout start ")
        .append(plan.getType())
        .append(' ')
        .append(Names.ref(plan.getTo()))
        .append(" --plan ")
        .append(plan.getDigest());
    return text.toString();
  }
}

package io.pilothouse.cli.ops;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.api.v1.PlannedCapacity;
import io.pilothouse.api.v1.PlannedUnit;
import io.pilothouse.api.v1.RolloutPlan;
import io.pilothouse.api.v1.StartRolloutRequest;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.cli.Durations;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.GlobalOptions.Format;
import io.pilothouse.cli.Json;
import io.pilothouse.cli.Names;
import io.pilothouse.cli.Table;
import io.pilothouse.cli.content.VersionChange;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Option;
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
            .addAllFirst(first)
            .build();
    RolloutPlan plan = ask("PlanRollout", request, RolloutPlan.parser());
    // machines of a canary have what their scale units have
    List<VersionRef> active =
        plan.getUnitsList().stream()
            .filter(each -> each.getMembersCount() == 0)
            .map(PlannedUnit::getFrom)
            .toList();
    List<VersionChange> changes =
        format() == Format.NAME ? List.of() : changes(active, plan.getTo());
    show(
        () -> json(plan, changes),
        () -> text(plan, changes, first),
        () -> List.of(plan.getDigest()));
    return ExitCode.DONE;
  }

  private static ObjectNode json(RolloutPlan plan, List<VersionChange> changes) {
    ObjectNode root =
        Json.object()
            .put("type", plan.getType())
            .put("what", Names.ref(plan.getTo()))
            .put("digest", plan.getDigest());
    ChangeView.fill(changes, root.putArray("changes"));
    ArrayNode units = root.putArray("units");
    for (PlannedUnit unit : plan.getUnitsList()) {
      units
          .addObject()
          .put("name", unit.getName())
          .put("from", Names.ref(unit.getFrom()))
          .put("machines", unit.getMachines())
          .put("eligible", unit.getEligible())
          .put("batch", unit.getBatch())
          .put("capacity_left", unit.getCapacityLeft())
          .put("estimated_seconds", unit.getEstimatedMs() / 1000.0);
    }
    ArrayNode domains = root.putArray("capacity");
    for (PlannedCapacity domain : plan.getCapacityList()) {
      domains
          .addObject()
          .put("domain", domain.getDomain())
          .put("machines", domain.getMembers())
          .put("serving", domain.getServing())
          .put("left", domain.getLeft());
    }
    Json.time(root, "not_before", plan.getNotBefore());
    Json.strings(root, "conflicts", plan.getConflictsList());
    return root.put("estimated_seconds", plan.getEstimatedMs() / 1000.0)
        .put("revision", plan.getRevision());
  }

  /** The domain of each dimension that has the least left; the rest is in the JSON. */
  private static Table worst(RolloutPlan plan) {
    Table table = new Table("AT THE WORST MOMENT", "MACHINES", "SERVING", "LEFT");
    Set<String> dimensions = new HashSet<>();
    for (PlannedCapacity domain : plan.getCapacityList()) {
      String name = domain.getDomain();
      int slash = name.indexOf('/');
      if (dimensions.add(slash < 0 ? name : name.substring(0, slash))) {
        table.row(name, domain.getMembers(), domain.getServing(), domain.getLeft());
      }
    }
    return table;
  }

  private static String text(RolloutPlan plan, List<VersionChange> changes, List<String> first) {
    Table table =
        new Table("UNIT", "FROM", "MACHINES", "ELIGIBLE", "BATCH", "CAPACITY LEFT", "ABOUT");
    for (PlannedUnit unit : plan.getUnitsList()) {
      table.row(
          unit.getName(),
          Names.ref(unit.getFrom()),
          unit.getMachines(),
          unit.getEligible(),
          unit.getBatch(),
          unit.getCapacityLeft(),
          Durations.text(Duration.ofMillis(unit.getEstimatedMs())));
    }
    StringBuilder text =
        new StringBuilder("%s → %s%n".formatted(plan.getType(), Names.ref(plan.getTo())));
    changes.forEach(each -> text.append(ChangeView.sentence(each, plan.getTo())).append('\n'));
    text.append(table);
    if (plan.getCapacityCount() > 0) {
      text.append("\n\n").append(worst(plan));
    }
    if (plan.getNotBefore() != 0) {
      text.append("\nits windows are closed: it begins ").append(Names.when(plan.getNotBefore()));
    }
    plan.getConflictsList().forEach(each -> text.append("\nconflict: ").append(each));
    text.append("\nestimated ")
        .append(Durations.text(Duration.ofMillis(plan.getEstimatedMs())))
        .append("; nothing was changed\nstart it: pilot rollout start ")
        .append(plan.getType())
        .append(' ')
        .append(Names.ref(plan.getTo()))
        .append(first.isEmpty() ? "" : " --first " + String.join(",", first))
        .append(" --plan ")
        .append(plan.getDigest());
    return text.toString();
  }
}

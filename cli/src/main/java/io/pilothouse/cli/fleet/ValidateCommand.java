package io.pilothouse.cli.fleet;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import io.pilothouse.manifests.LoadResult;
import io.pilothouse.manifests.text.Problem;
import java.util.List;
import picocli.CommandLine;

/** Checks a fleet directory without asking anybody. */
@CommandLine.Command(
    name = "validate",
    description = "Checks every file of a fleet directory, offline; tells all mistakes at once.")
final class ValidateCommand extends FleetCommand {

  @Override
  protected ExitCode run() {
    return switch (load()) {
      case LoadResult.Loaded<Fleet> loaded -> {
        Fleet fleet = loaded.value();
        warnings = loaded.warnings();
        warn();
        show(() -> json(fleet), () -> text(fleet), () -> List.of(fleet.getName()));
        yield ExitCode.DONE;
      }
      case LoadResult.Rejected<Fleet> rejected -> {
        if (json()) {
          print(Json.text(json(rejected.problems())));
        }
        throw mistakes(rejected.problems());
      }
    };
  }

  private ObjectNode json(Fleet fleet) {
    ObjectNode root = Json.object().put("valid", true).put("fleet", fleet.getName());
    root.put("machines", fleet.getMachinesCount())
        .put("types", fleet.getTypesCount())
        .put("units", fleet.getUnitsCount())
        .put("watchdogs", fleet.getWatchdogsCount())
        .putArray("problems");
    problems(root.putArray("warnings"), warnings);
    return root;
  }

  private ObjectNode json(List<Problem> problems) {
    ObjectNode root = Json.object().put("valid", false);
    problems(root.putArray("problems"), problems);
    root.putArray("warnings");
    return root;
  }

  private String text(Fleet fleet) {
    String warned = warnings.isEmpty() ? "" : "; " + count(warnings.size(), "warning");
    return "%s is right: fleet \"%s\", %s of %s in %s, %s%s"
        .formatted(
            dir(),
            fleet.getName(),
            count(fleet.getMachinesCount(), "machine"),
            count(fleet.getTypesCount(), "type"),
            count(fleet.getUnitsCount(), "unit"),
            count(fleet.getWatchdogsCount(), "watchdog"),
            warned);
  }
}

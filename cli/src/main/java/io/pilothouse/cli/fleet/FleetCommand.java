package io.pilothouse.cli.fleet;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.FleetChange;
import io.pilothouse.api.v1.FleetPlan;
import io.pilothouse.cli.CliException;
import io.pilothouse.cli.Command;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import io.pilothouse.manifests.FleetDirectory;
import io.pilothouse.manifests.LoadResult;
import io.pilothouse.manifests.text.Problem;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Parameters;

/** Commands that read a fleet directory. */
abstract class FleetCommand extends Command {

  @Parameters(
      arity = "0..1",
      paramLabel = "DIR",
      description = "the fleet directory (default: fleet/ in the home directory)")
  @Nullable Path dir;

  /** Of what was loaded. */
  List<Problem> warnings = List.of();

  /** The directory as it was typed, so that places in it can be clicked. */
  final Path dir() {
    Path given = dir;
    return given == null ? home().fleet() : given;
  }

  final LoadResult<Fleet> load() {
    return FleetDirectory.load(dir());
  }

  /** The fleet; every mistake is told before anything is asked of the Device Manager. */
  final Fleet loadOrFail() {
    return switch (load()) {
      case LoadResult.Loaded<Fleet> loaded -> {
        warnings = loaded.warnings();
        warn();
        yield loaded.value();
      }
      case LoadResult.Rejected<Fleet> rejected -> throw mistakes(rejected.problems());
    };
  }

  /** A line for each mistake, {@code file:line:column: message}. */
  final CliException mistakes(List<Problem> problems) {
    StringBuilder text =
        new StringBuilder(
            problems.size() == 1
                ? "1 mistake in " + dir() + ", nothing was changed"
                : problems.size() + " mistakes in " + dir() + ", nothing was changed");
    problems.forEach(each -> text.append('\n').append(line(each)));
    return new CliException(
        ExitCode.USAGE, "INVALID", text.toString(), "correct all of them, then try again");
  }

  /** A line for each warning, {@code file:line:column: warning: message}; in JSON they are data. */
  final void warn() {
    if (!json()) {
      for (Problem each : warnings) {
        say(
            "%s:%d:%d: warning: %s"
                .formatted(file(each), each.place().line(), each.place().column(), each.message()));
      }
    }
  }

  /** Adds what is wrong, or can hardly be meant, with places. */
  final void problems(ArrayNode array, List<Problem> problems) {
    for (Problem each : problems) {
      array
          .addObject()
          .put("file", file(each))
          .put("line", each.place().line())
          .put("column", each.place().column())
          .put("message", each.message());
    }
  }

  final String file(Problem problem) {
    return dir().resolve(problem.place().file()).normalize().toString();
  }

  private String line(Problem problem) {
    return "%s:%d:%d: %s"
        .formatted(
            file(problem), problem.place().line(), problem.place().column(), problem.message());
  }

  /** What applying would change, by the server's own rules; it changes nothing. */
  final FleetPlan plan(FleetCall call, long ifRevision) {
    return ask(
        "PlanFleet",
        call.request(ifRevision, writeContext()),
        FleetPlan.parser(),
        call.deadline(givenTimeout(), timeout()),
        call.attempt());
  }

  /** How many changes there are; not all of very many are listed. */
  static long changes(FleetPlan plan) {
    return Math.max(plan.getChangesTotal(), plan.getChangesCount());
  }

  /** The changes as people read them, and how many more there are. */
  static String lines(FleetPlan plan) {
    long more = changes(plan) - plan.getChangesCount();
    return ChangeLines.of(plan.getChangesList())
        + (more == 0 ? "" : "and " + count(more, "change") + " more\n");
  }

  static void changes(ArrayNode array, List<FleetChange> changes) {
    for (FleetChange change : changes) {
      ObjectNode each =
          array.addObject().put("verb", change.getVerb()).put("object", change.getObject());
      Json.strings(each, "lines", change.getLinesList());
      each.put("effect", change.getEffect());
    }
  }

  static String count(long number, String noun) {
    return number + " " + noun + (number == 1 ? "" : "s");
  }
}

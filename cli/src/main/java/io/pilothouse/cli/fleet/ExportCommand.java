package io.pilothouse.cli.fleet;

import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.GetFleetReply;
import io.pilothouse.api.v1.GetFleetRequest;
import io.pilothouse.cli.CliException;
import io.pilothouse.cli.Command;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import io.pilothouse.cli.NewDirectory;
import io.pilothouse.manifests.FleetDirectory;
import io.pilothouse.manifests.LoadResult;
import io.pilothouse.manifests.text.Problem;
import io.pilothouse.manifests.writing.FleetText;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** The fleet that the Device Manager has, as files that apply takes. */
@CommandLine.Command(
    name = "export",
    description = {
      "Writes the fleet that the Device Manager has as a fleet directory, into a new DIR;",
      "`pilot plan DIR` then finds no changes, and `pilot apply DIR` brings it back."
    })
final class ExportCommand extends Command {

  @Parameters(arity = "0..1", paramLabel = "DIR", description = "a new directory, or an empty one")
  @Nullable Path dir;

  @Override
  protected ExitCode run() throws IOException {
    Path target = dir;
    if (target == null) {
      throw CliException.usage("no DIR is named for the export", "pilot export DIR");
    }
    NewDirectory.requireNew(target);
    GetFleetReply reply =
        ask("GetFleet", GetFleetRequest.getDefaultInstance(), GetFleetReply.parser());
    if (reply.getFleet().getName().isEmpty()) {
      throw new CliException(
          ExitCode.FAILED,
          "NOT_FOUND",
          "the Device Manager has no fleet yet",
          "write one, then: pilot apply DIR");
    }
    SortedMap<String, FleetText.Content> files = FleetText.files(reply.getFleet());
    write(target, files, reply.getFleet());
    show(
        () -> {
          var root = Json.object().put("directory", target.toString());
          Json.strings(root, "files", files.keySet());
          return root.put("revision", reply.getRevision());
        },
        () ->
            "%s holds fleet \"%s\" at revision %d: %s in %s"
                .formatted(
                    target,
                    reply.getFleet().getName(),
                    reply.getRevision(),
                    FleetCommand.count(reply.getFleet().getMachinesCount(), "machine"),
                    FleetCommand.count(files.size(), "file")),
        () -> List.copyOf(files.keySet()));
    return ExitCode.DONE;
  }

  private static void write(Path target, SortedMap<String, FleetText.Content> files, Fleet fleet)
      throws IOException {
    try (NewDirectory directory = new NewDirectory(target)) {
      for (Map.Entry<String, FleetText.Content> each : files.entrySet()) {
        directory.write(
            each.getKey(), each.getValue().bytes().toByteArray(), each.getValue().executable());
      }
      requireSame(fleet, directory.unfinished());
      directory.finish();
    } catch (IOException e) {
      throw new CliException(
          ExitCode.FAILED,
          "CANNOT_WRITE",
          "cannot write %s: %s; nothing was written".formatted(target, e.getMessage()),
          "name a place that you may write to, with room for it");
    }
  }

  /** An export that says less than the fleet would be found out when it is needed. */
  private static void requireSame(Fleet fleet, Path written) {
    List<String> wrong =
        switch (FleetDirectory.load(written)) {
          case LoadResult.Loaded<Fleet> loaded -> FleetText.differences(fleet, loaded.value());
          case LoadResult.Rejected<Fleet> rejected ->
              rejected.problems().stream().map(Problem::toString).toList();
        };
    if (!wrong.isEmpty()) {
      throw new CliException(
          ExitCode.FAILED,
          "NOT_SAID",
          "the Device Manager's fleet holds what files cannot say; nothing was written:\n"
              + String.join("\n", wrong),
          "it was not applied from files, or by another release: apply the fleet directory again");
    }
  }
}

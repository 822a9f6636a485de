package io.pilothouse.cli.fleet;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.api.v1.ListManifestsReply;
import io.pilothouse.api.v1.RemoveManifestRequest;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.api.v1.WriteReply;
import io.pilothouse.cli.CliException;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import io.pilothouse.cli.Names;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** Forgets versions that nothing needs. */
@CommandLine.Command(
    name = "remove",
    description = {
      "Removes versions. Refused while a unit runs one or a rollout may go back to it, while the",
      "fleet's files name it, or a machine runs it. Replicas and machines give up its contents",
      "some time later."
    })
final class ManifestRemove extends ManifestQuery {

  @Parameters(
      arity = "1..*",
      paramLabel = "NAME@VERSION",
      description = "for example web@1.0.0; `pilot manifest list --unused` names candidates")
  List<String> what = new ArrayList<>();

  @Override
  protected ExitCode run() {
    what.forEach(ManifestQuery::requireVersion);
    ListManifestsReply reply = versions("");
    List<Found> found = what.stream().distinct().map(each -> find(reply, each)).toList();
    requireUnused(found);
    confirm(
        blastRadius(found),
        found.size() == 1
            ? Names.ref(found.get(0).manifest().getRef())
            : found.size() + " versions");
    long revision = 0;
    for (Found each : found) {
      VersionRef ref = each.manifest().getRef();
      RemoveManifestRequest request =
          RemoveManifestRequest.newBuilder()
              .setName(ref.getName())
              .setVersion(ref.getVersion())
              .setContext(writeContext())
              .build();
      revision = ask("RemoveManifest", request, WriteReply.parser()).getRevision();
      say("removed " + Names.ref(ref));
    }
    List<String> names = found.stream().map(each -> Names.ref(each.manifest().getRef())).toList();
    long last = revision;
    show(
        () -> {
          ObjectNode root = Json.object();
          Json.strings(root, "removed", names);
          return root.put("revision", last);
        },
        () -> "removed: " + String.join(", ", names),
        () -> names);
    return ExitCode.DONE;
  }

  /** The Device Manager says the same; here nobody is asked first about what cannot be. */
  private static void requireUnused(List<Found> found) {
    for (Found each : found) {
      if (each.use().getNeededCount() > 0) {
        throw new CliException(
            ExitCode.REFUSED,
            "NEEDED",
            "%s is needed: %s"
                .formatted(
                    Names.ref(each.manifest().getRef()),
                    String.join("; ", each.use().getNeededList())),
            "bring another version there first: pilot rollout start");
      }
    }
  }

  private static String blastRadius(List<Found> found) {
    long bytes = found.stream().mapToLong(each -> each.manifest().getBytes()).sum();
    int holding = found.stream().mapToInt(each -> each.use().getHolding()).sum();
    List<String> names = found.stream().map(each -> Names.ref(each.manifest().getRef())).toList();
    return "This removes %s (%s) for good; no machine runs %s, %d %s %s on disk."
        .formatted(
            String.join(", ", names),
            ManifestView.size(bytes),
            found.size() == 1 ? "it" : "any",
            holding,
            holding == 1 ? "has" : "have",
            found.size() == 1 ? "it" : "one");
  }
}

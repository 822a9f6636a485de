package io.pilothouse.cli.fleet;

import io.pilothouse.api.v1.ListManifestsReply;
import io.pilothouse.api.v1.ListManifestsRequest;
import io.pilothouse.api.v1.Manifest;
import io.pilothouse.cli.Command;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import io.pilothouse.cli.Names;
import io.pilothouse.cli.Table;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** Lists versions. */
@CommandLine.Command(name = "list", description = "Lists versions of manifests and images.")
final class ManifestList extends Command {

  @Parameters(arity = "0..1", paramLabel = "NAME", description = "only of this name")
  String name = "";

  @Override
  protected ExitCode run() {
    ListManifestsReply reply =
        ask(
            "ListManifests",
            ListManifestsRequest.newBuilder().setName(name).build(),
            ListManifestsReply.parser());
    show(
        () ->
            Json.items(
                reply.getItemsList(),
                reply.getRevision(),
                (each, node) -> ManifestView.fill(reply, each, node)),
        () -> table(reply),
        () -> reply.getItemsList().stream().map(each -> Names.ref(each.getRef())).toList());
    return ExitCode.DONE;
  }

  private static String table(ListManifestsReply reply) {
    Table table = new Table("NAME", "VERSION", "KIND", "FILES", "SIZE", "ADDED", "BY", "HELD BY");
    for (Manifest each : reply.getItemsList()) {
      table.row(
          each.getRef().getName(),
          each.getRef().getVersion(),
          ManifestView.kind(each),
          each.getFiles(),
          ManifestView.size(each.getBytes()),
          Names.ago(each.getAddedAt()) + " ago",
          each.getPrincipal(),
          "%d of %d replicas"
              .formatted(ManifestView.heldBy(reply, each).size(), reply.getReplicasCount()));
    }
    return table.toString();
  }
}

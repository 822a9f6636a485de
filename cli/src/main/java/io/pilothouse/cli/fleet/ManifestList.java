package io.pilothouse.cli.fleet;

import io.pilothouse.api.v1.ListManifestsReply;
import io.pilothouse.api.v1.Manifest;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import io.pilothouse.cli.Names;
import io.pilothouse.cli.Table;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Lists versions. */
@CommandLine.Command(
    name = "list",
    description = "Lists versions of manifests, images, watchdog sets and agents.")
final class ManifestList extends ManifestQuery {

  @Parameters(arity = "0..1", paramLabel = "NAME", description = "only of this name")
  String name = "";

  @Option(
      names = "--unused",
      description = "only those that nothing needs: what `pilot manifest remove` would remove")
  boolean unused;

  @Override
  protected ExitCode run() {
    ListManifestsReply reply = versions(name);
    List<Found> items = new ArrayList<>();
    for (int i = 0; i < reply.getItemsCount(); i++) {
      Found each = new Found(reply.getItems(i), use(reply, i));
      if (!unused || each.use().getNeededCount() == 0) {
        items.add(each);
      }
    }
    show(
        () ->
            Json.items(
                items,
                reply.getRevision(),
                (each, node) -> ManifestView.fill(reply, each.manifest(), each.use(), node)),
        () -> items.isEmpty() ? none(reply) : table(reply, items),
        () -> items.stream().map(each -> Names.ref(each.manifest().getRef())).toList());
    return ExitCode.DONE;
  }

  private String none(ListManifestsReply reply) {
    return reply.getItemsCount() > 0
        ? "each of %d versions is needed".formatted(reply.getItemsCount())
        : "no version%s is registered; add one: pilot manifest add DIR"
            .formatted(name.isEmpty() ? "" : " of " + name);
  }

  private static String table(ListManifestsReply reply, List<Found> items) {
    Table table =
        new Table(
            "NAME",
            "VERSION",
            "KIND",
            "FILES",
            "SIZE",
            "AGE",
            "BY",
            "SIGNED BY",
            "HELD BY",
            "RUNS IN");
    for (Found each : items) {
      Manifest manifest = each.manifest();
      table.row(
          manifest.getRef().getName(),
          manifest.getRef().getVersion(),
          ManifestView.kind(manifest),
          manifest.getFiles(),
          ManifestView.size(manifest.getBytes()),
          Names.ago(manifest.getAddedAt()),
          manifest.getPrincipal(),
          manifest.getSignedBy(),
          "%d of %d replicas"
              .formatted(ManifestView.heldBy(reply, manifest).size(), reply.getReplicasCount()),
          ManifestView.units(each.use()));
    }
    return table.toString();
  }
}

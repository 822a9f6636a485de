package io.pilothouse.cli.fleet;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.api.v1.ListManifestsReply;
import io.pilothouse.api.v1.Manifest;
import io.pilothouse.api.v1.Thing;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.GlobalOptions.Format;
import io.pilothouse.cli.Json;
import io.pilothouse.cli.Names;
import io.pilothouse.cli.Table;
import io.pilothouse.cli.Terminal;
import io.pilothouse.cli.content.Differences;
import io.pilothouse.cli.content.ManifestText;
import io.pilothouse.cli.content.Replicas;
import io.pilothouse.filesync.ContentIndex;
import io.pilothouse.filesync.ContentIndex.Entry;
import io.pilothouse.filesync.ContentIndex.FileEntry;
import io.pilothouse.filesync.ContentIndex.LinkEntry;
import io.pilothouse.manifests.ProcessSpec;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** Shows one version. */
@CommandLine.Command(
    name = "show",
    description = {
      "Shows a version: its files and processes, who added and who signed it, where it runs and",
      "who holds it. Files come from a deployment replica and are verified by the digest."
    })
final class ManifestShow extends ManifestQuery {
  private static final int MOST_FILES = 40;

  @Parameters(paramLabel = "NAME@VERSION", description = "for example web@1.1.0")
  String what = "";

  @Override
  protected ExitCode run() throws InterruptedException {
    requireVersion(what);
    ListManifestsReply reply = versions("");
    Found found = find(reply, what);
    Replicas replicas = new Replicas(reply.getReplicasList(), contents());
    Optional<ContentIndex> index = replicas.index(found.manifest().getRef());
    if (index.isEmpty()) {
      say("no deployment replica that is up has its contents: files are not shown");
    }
    List<ProcessSpec> processes = processes(found.manifest(), index, replicas);
    show(
        () -> json(reply, found, index, processes),
        () -> text(reply, found, processes) + index.map(this::files).orElse(""),
        () -> List.of(what));
    return ExitCode.DONE;
  }

  private List<ProcessSpec> processes(
      Manifest manifest, Optional<ContentIndex> index, Replicas replicas)
      throws InterruptedException {
    if (index.isEmpty() || Things.of(manifest) != Thing.THING_MANIFEST) {
      return List.of();
    }
    try {
      return ManifestText.read(index.get(), replicas::file).processes();
    } catch (IOException e) {
      say("its processes are not shown: " + e.getMessage());
      return List.of();
    }
  }

  private static ObjectNode json(
      ListManifestsReply reply,
      Found found,
      Optional<ContentIndex> index,
      List<ProcessSpec> processes) {
    ObjectNode root = Json.object();
    ManifestView.fill(reply, found.manifest(), found.use(), root);
    ArrayNode run = root.putArray("processes");
    processes.forEach(each -> run.addObject().put("name", each.name()).put("run", each.run()));
    ArrayNode files = root.putArray("contents");
    for (Entry entry : index.map(ContentIndex::entries).orElse(List.of())) {
      ObjectNode node = files.addObject().put("path", entry.path());
      switch (entry) {
        case FileEntry file -> node.put("mode", Differences.mode(file)).put("bytes", file.size());
        case LinkEntry link -> node.put("link", link.target());
      }
    }
    return root.put("revision", reply.getRevision());
  }

  private static String text(ListManifestsReply reply, Found found, List<ProcessSpec> processes) {
    Manifest manifest = found.manifest();
    List<String> holders = ManifestView.heldBy(reply, manifest);
    StringBuilder text =
        new StringBuilder(
            """
            %s  %s
            digest   %s
            content  %d files, %s
            added    %s by %s
            signed   %s
            held by  %s
            runs in  %s
                     %s\
            """
                .formatted(
                    Names.ref(manifest.getRef()),
                    ManifestView.kind(manifest),
                    manifest.getRef().getDigest(),
                    manifest.getFiles(),
                    ManifestView.size(manifest.getBytes()),
                    Names.at(manifest.getAddedAt()),
                    manifest.getPrincipal(),
                    manifest.getSignedBy().isEmpty()
                        ? "by nobody"
                        : "by key " + manifest.getSignedBy(),
                    holders.isEmpty() ? "no replica that is up" : String.join(", ", holders),
                    found.use().getUnitsCount() == 0
                        ? "no scale unit"
                        : ManifestView.units(found.use()),
                    ManifestView.machines(found.use())));
    found.use().getNeededList().forEach(each -> text.append("\nneeded   ").append(each));
    processes.forEach(
        each -> text.append("\nprocess  ").append(each.name()).append(": ").append(each.run()));
    return text.toString();
  }

  private String files(ContentIndex index) {
    List<Entry> entries = index.entries();
    // a person's screen is not flooded; scripts and -o wide get all of them
    boolean few = Terminal.console().isPresent() && format() == Format.TABLE;
    List<Entry> shown = few ? entries.subList(0, Math.min(MOST_FILES, entries.size())) : entries;
    Table table = new Table("MODE", "SIZE", "PATH");
    for (Entry entry : shown) {
      switch (entry) {
        case FileEntry file ->
            table.row(Differences.mode(file), ManifestView.size(file.size()), file.path());
        case LinkEntry link -> table.row("link", "", link.path() + " -> " + link.target());
      }
    }
    int more = entries.size() - shown.size();
    return "\n\n" + table + (more > 0 ? "\nand %d more: -o wide".formatted(more) : "");
  }
}

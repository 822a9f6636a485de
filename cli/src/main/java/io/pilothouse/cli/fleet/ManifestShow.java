package io.pilothouse.cli.fleet;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.api.v1.ListManifestsReply;
import io.pilothouse.api.v1.ListManifestsRequest;
import io.pilothouse.api.v1.Manifest;
import io.pilothouse.cli.CliException;
import io.pilothouse.cli.Command;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import io.pilothouse.cli.Names;
import io.pilothouse.manifests.text.Near;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** Shows one version. */
@CommandLine.Command(name = "show", description = "Shows a version: its digest and who holds it.")
final class ManifestShow extends Command {

  @Parameters(paramLabel = "NAME@VERSION", description = "for example web@1.1.0")
  String what = "";

  @Override
  protected ExitCode run() {
    if (what.indexOf('@') <= 0 || what.endsWith("@")) {
      throw CliException.usage(
          "\"" + what + "\" is not a version", "write NAME@VERSION, for example web@1.1.0");
    }
    ListManifestsReply reply =
        ask(
            "ListManifests",
            ListManifestsRequest.getDefaultInstance(),
            ListManifestsReply.parser());
    List<String> known =
        reply.getItemsList().stream().map(each -> Names.ref(each.getRef())).toList();
    Manifest manifest =
        reply.getItemsList().stream()
            .filter(each -> Names.ref(each.getRef()).equals(what))
            .findFirst()
            .orElseThrow(
                () ->
                    new CliException(
                        ExitCode.FAILED,
                        "NOT_FOUND",
                        "there is no version " + what + Near.hint(what, known),
                        "`pilot manifest list` shows those there are"));
    show(() -> json(reply, manifest), () -> text(reply, manifest), () -> List.of(what));
    return ExitCode.DONE;
  }

  private static ObjectNode json(ListManifestsReply reply, Manifest manifest) {
    ObjectNode root = Json.object();
    ManifestView.fill(reply, manifest, root);
    return root.put("revision", reply.getRevision());
  }

  private static String text(ListManifestsReply reply, Manifest manifest) {
    List<String> holders = ManifestView.heldBy(reply, manifest);
    return """
        %s  %s
        digest   %s
        content  %d files, %s
        added    %s by %s
        held by  %s"""
        .formatted(
            Names.ref(manifest.getRef()),
            ManifestView.kind(manifest),
            manifest.getRef().getDigest(),
            manifest.getFiles(),
            ManifestView.size(manifest.getBytes()),
            Names.at(manifest.getAddedAt()),
            manifest.getPrincipal(),
            holders.isEmpty() ? "no replica that is up" : String.join(", ", holders));
  }
}

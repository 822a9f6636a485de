package io.pilothouse.cli.fleet;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.api.v1.DeploymentReplica;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.GetFleetReply;
import io.pilothouse.api.v1.GetFleetRequest;
import io.pilothouse.api.v1.ListManifestsReply;
import io.pilothouse.api.v1.Manifest;
import io.pilothouse.cli.CliException;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import io.pilothouse.cli.Names;
import io.pilothouse.cli.content.ContentConflict;
import io.pilothouse.cli.content.ContentUpload;
import io.pilothouse.cli.content.ReplicaAudit;
import io.pilothouse.cli.content.ReplicaAudit.Report;
import io.pilothouse.cli.content.Replicas;
import io.pilothouse.filesync.ContentIndex;
import io.pilothouse.filesync.Packer;
import io.pilothouse.manifests.ContentSpec;
import io.pilothouse.manifests.signing.Signed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Whether what was registered is there, whole and vouched for. */
@CommandLine.Command(
    name = "verify",
    description = {
      "Asks every replica for every chunk of a version, and checks the signature: exit 1 when a",
      "replica lacks or damaged something. With a directory: whether it is still what was",
      "registered."
    })
final class ManifestVerify extends ManifestQuery {
  private static final int MOST_NAMED = 5;

  @Parameters(paramLabel = "NAME@VERSION|DIR", description = "a version, or a directory")
  String what = "";

  @Option(names = "--deep", description = "fetch every byte and hash it here")
  boolean deep;

  @Option(
      names = "--digest",
      paramLabel = "SHA256",
      description = "of a directory: compare with this digest, and ask nobody")
  @Nullable String digest;

  @Override
  protected ExitCode run() throws InterruptedException {
    String given = digest;
    Path dir = Path.of(what);
    if (Files.isDirectory(dir)) {
      return given == null ? registered(dir) : offline(dir, given);
    }
    if (given != null) {
      throw CliException.usage(
          "--digest goes with a directory, and " + what + " is none", "name the directory");
    }
    return version();
  }

  private ExitCode version() throws InterruptedException {
    requireVersion(what);
    ListManifestsReply reply = versions("");
    Manifest manifest = find(reply, what).manifest();
    String signature = signature(manifest);
    MovingLine line = new MovingLine(this::say, quiet());
    List<Report> reports =
        new ReplicaAudit(
                manifest.getRef().getDigest(),
                deep,
                contents(),
                (replica, done, of) ->
                    line.at(done, of, "%s: asked for %d of %d chunks".formatted(replica, done, of)))
            .run(reply.getReplicasList());
    List<String> down =
        reply.getReplicasList().stream()
            .filter(each -> !each.getUp())
            .map(DeploymentReplica::getId)
            .toList();
    boolean sound =
        signature.isEmpty() && !reports.isEmpty() && reports.stream().allMatch(Report::isSound);
    show(
        () -> json(manifest, signature, reports, down, sound, reply.getRevision()),
        () -> text(manifest, signature, reports, down, sound),
        () -> sound ? List.of(what) : List.of());
    return sound ? ExitCode.DONE : ExitCode.FAILED;
  }

  /** What is wrong with the signature; empty = nothing. */
  private String signature(Manifest manifest) {
    Fleet fleet =
        ask("GetFleet", GetFleetRequest.getDefaultInstance(), GetFleetReply.parser()).getFleet();
    if (manifest.getSignedBy().isEmpty()) {
      return fleet.getContents().getRequireSignature()
          ? "it is not signed, and the fleet takes signed versions only"
          : "";
    }
    return fleet.getManifestKeysList().stream()
            .filter(each -> each.getName().equals(manifest.getSignedBy()))
            .anyMatch(
                each ->
                    Signed.isBy(
                        each.getEd25519().toByteArray(),
                        manifest.getRef(),
                        manifest.getSignature().toByteArray()))
        ? ""
        : "the signature is by none of the fleet's manifest-keys (it says \"%s\")"
            .formatted(manifest.getSignedBy());
  }

  private ExitCode registered(Path dir) throws InterruptedException {
    ContentSpec spec = ContentUpload.load(dir, Optional.empty());
    ContentIndex index = pack(dir);
    ListManifestsReply reply = versions(spec.name());
    Manifest manifest = find(reply, spec.name() + "@" + spec.version()).manifest();
    String name = Names.ref(manifest.getRef());
    if (manifest.getRef().getDigest().equals(index.digest())) {
      return same(dir + " is " + name, index);
    }
    throw differs(
        "%s is not what was registered as %s%s"
            .formatted(
                dir,
                name,
                ContentConflict.words(
                    manifest.getRef(), index, new Replicas(reply.getReplicasList(), contents()))));
  }

  private ExitCode offline(Path dir, String given) {
    ContentIndex index = pack(dir);
    if (given.equals(index.digest())) {
      return same(dir + " has that digest", index);
    }
    throw differs("%s has the digest %s, not %s".formatted(dir, index.digest(), given));
  }

  private ExitCode same(String text, ContentIndex index) {
    show(
        () -> Json.object().put("sound", true).put("digest", index.digest()),
        () -> text + ", digest " + index.digest(),
        () -> List.of(index.digest()));
    return ExitCode.DONE;
  }

  private static CliException differs(String message) {
    return new CliException(
        ExitCode.FAILED, "DIFFERS", message, "a changed directory needs a new version");
  }

  private static ContentIndex pack(Path dir) {
    try {
      return Packer.pack(dir).index();
    } catch (IOException e) {
      throw new CliException(
          ExitCode.FAILED, "CONTENT", "cannot read " + dir + ": " + e.getMessage(), "");
    }
  }

  private ObjectNode json(
      Manifest manifest,
      String signature,
      List<Report> reports,
      List<String> down,
      boolean sound,
      long revision) {
    ObjectNode root =
        Json.object()
            .put("name", manifest.getRef().getName())
            .put("version", manifest.getRef().getVersion())
            .put("digest", manifest.getRef().getDigest())
            .put("deep", deep)
            .put("sound", sound)
            .put("signed_by", manifest.getSignedBy())
            .put("signature", signature);
    ArrayNode items = root.putArray("items");
    for (Report each : reports) {
      ObjectNode node =
          items
              .addObject()
              .put("replica", each.id())
              .put("sound", each.isSound())
              .put("trouble", each.trouble());
      Json.strings(node, "lacks", each.lacks());
      Json.strings(node, "damaged", each.damaged());
      Json.strings(node, "files", each.files());
    }
    Json.strings(root, "down", down);
    return root.put("revision", revision);
  }

  private String text(
      Manifest manifest, String signature, List<Report> reports, List<String> down, boolean sound) {
    List<String> lines = new ArrayList<>();
    for (Report each : reports) {
      lines.add(each.id() + ": " + words(each));
    }
    down.forEach(each -> lines.add(each + ": down, not asked"));
    if (reports.isEmpty()) {
      lines.add("no deployment replica is up");
    }
    String signed = manifest.getSignedBy().isEmpty() ? "by nobody" : manifest.getSignedBy();
    lines.add("signed: " + (signature.isEmpty() ? signed : signature));
    lines.add(what + (sound ? " is sound" : " is not sound"));
    return String.join("\n", lines);
  }

  private String words(Report report) {
    if (report.isSound()) {
      return deep ? "sent every chunk rightly" : "has every chunk";
    }
    List<String> parts = new ArrayList<>();
    if (!report.trouble().isEmpty()) {
      parts.add(report.trouble());
    }
    if (!report.lacks().isEmpty()) {
      parts.add("lacks " + report.lacks().size() + " chunks");
    }
    if (!report.damaged().isEmpty()) {
      parts.add("sent " + report.damaged().size() + " chunks wrongly");
    }
    List<String> files = report.files();
    if (!files.isEmpty()) {
      parts.add(
          "of "
              + String.join(", ", files.subList(0, Math.min(MOST_NAMED, files.size())))
              + (files.size() > MOST_NAMED
                  ? " and %d more".formatted(files.size() - MOST_NAMED)
                  : ""));
    }
    return String.join("; ", parts);
  }
}

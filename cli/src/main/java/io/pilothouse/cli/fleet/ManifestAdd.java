package io.pilothouse.cli.fleet;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import io.pilothouse.api.v1.Manifest;
import io.pilothouse.api.v1.Thing;
import io.pilothouse.cli.CliException;
import io.pilothouse.cli.Command;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import io.pilothouse.cli.Names;
import io.pilothouse.cli.content.ContentUpload;
import io.pilothouse.cli.content.SigningKey;
import io.pilothouse.filesync.ContentException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Makes a version of a directory. */
@CommandLine.Command(
    name = "add",
    description = {
      "Makes a version of a directory with a manifest.yaml, image.yaml, watchdogs.yaml or",
      "agent.yaml: uploads what the Deployment Service lacks, then registers it. Doing it again",
      "changes nothing, and goes on where it was broken off; the same version with other content",
      "is refused."
    })
final class ManifestAdd extends Command {
  private static final String ADD_AGAIN = "%s; add it again when nobody writes to the directory";

  @Parameters(paramLabel = "DIR", description = "the directory with its contents")
  Path dir = Path.of(".");

  @Option(
      names = "--kind",
      paramLabel = "KIND",
      converter = Things.class,
      description =
          "manifest, image, watchdog-set or agent: what it must be (default: what the document at"
              + " its top says)")
  @Nullable Thing kind;

  @Option(
      names = "--sign",
      paramLabel = "KEYFILE",
      description = "sign it with this private key, whose public half is among manifest-keys")
  @Nullable Path key;

  @Override
  protected ExitCode run() throws InterruptedException {
    Path signWith = key;
    ContentUpload.Wanted wanted =
        new ContentUpload.Wanted(
            dir, Optional.ofNullable(kind), Optional.ofNullable(signWith).map(SigningKey::read));
    ContentUpload.Added added;
    try {
      added =
          new ContentUpload(asking(), contents(), new UploadProgress(this::say, quiet()))
              .add(wanted, writeContext());
    } catch (ContentException e) {
      throw new CliException(
          ExitCode.FAILED,
          "CONTENT",
          String.valueOf(e.getMessage()),
          "nothing was registered; it is safe to add it again");
    } catch (IOException e) {
      // what local files failed of comes wrapped, so that it is not taken for a replica's trouble
      throw trouble(e.getCause() instanceof IOException cause ? cause : e);
    }
    Manifest manifest = added.manifest();
    String what = Names.ref(manifest.getRef());
    show(
        () -> json(added),
        () ->
            "%s %s: %d files, %s, digest %s%s"
                .formatted(
                    Things.word(manifest.getThing()),
                    what,
                    manifest.getFiles(),
                    ManifestView.size(manifest.getBytes()),
                    manifest.getRef().getDigest(),
                    manifest.getSignedBy().isEmpty()
                        ? ""
                        : ", signed by " + manifest.getSignedBy()),
        () -> List.of(what));
    return ExitCode.DONE;
  }

  private CliException trouble(IOException e) {
    return switch (e) {
      case AccessDeniedException denied ->
          trouble("no permission to read " + denied.getFile(), "chmod a+r it, or leave it out; %s");
      case NoSuchFileException gone ->
          trouble(gone.getFile() + " went away while it was being read", ADD_AGAIN);
      case FileNotFoundException gone ->
          trouble(gone.getMessage() + ": it could be read a moment ago", ADD_AGAIN);
      default -> trouble("cannot read or send " + dir + ": " + e, "%s; it is safe to add it again");
    };
  }

  private static CliException trouble(String what, String remedy) {
    return new CliException(
        ExitCode.FAILED, "CONTENT", what, remedy.formatted("nothing was registered"));
  }

  private ContentUpload.Asking asking() {
    return new ContentUpload.Asking() {
      @Override
      public <R extends Message> R ask(String method, Message request, Parser<R> parser) {
        return ManifestAdd.this.ask(method, request, parser);
      }
    };
  }

  private static ObjectNode json(ContentUpload.Added added) {
    Manifest manifest = added.manifest();
    return Json.object()
        .put("name", manifest.getRef().getName())
        .put("version", manifest.getRef().getVersion())
        .put("kind", Things.word(manifest.getThing()))
        .put("digest", manifest.getRef().getDigest())
        .put("files", manifest.getFiles())
        .put("bytes", manifest.getBytes())
        .put("signed_by", manifest.getSignedBy())
        .put("revision", added.revision());
  }
}

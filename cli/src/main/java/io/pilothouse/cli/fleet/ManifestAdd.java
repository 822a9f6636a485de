package io.pilothouse.cli.fleet;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import io.pilothouse.cli.CliException;
import io.pilothouse.cli.Command;
import io.pilothouse.cli.ContentUpload;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import io.pilothouse.cli.Names;
import io.pilothouse.cli.Terminal;
import io.pilothouse.filesync.ContentException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** Makes a version of a directory. */
@CommandLine.Command(
    name = "add",
    description = {
      "Makes a version of a directory with a manifest.yaml or image.yaml: uploads what the",
      "Deployment Service lacks, then registers it. Doing it again changes nothing; the same",
      "version with other content is refused."
    })
final class ManifestAdd extends Command {

  @Parameters(paramLabel = "DIR", description = "the directory with its contents")
  Path dir = Path.of(".");

  @Override
  protected ExitCode run() throws InterruptedException {
    ContentUpload.Added added;
    try {
      added = new ContentUpload(asking(), this::progress).add(dir, writeContext());
    } catch (ContentException e) {
      throw new CliException(
          ExitCode.FAILED,
          "CONTENT",
          String.valueOf(e.getMessage()),
          "nothing was registered; it is safe to add it again");
    } catch (IOException e) {
      throw new CliException(
          ExitCode.FAILED, "CONTENT", "cannot read or send " + dir + ": " + e, "");
    }
    String what = Names.ref(added.ref());
    show(
        () -> json(added),
        () ->
            "%s %s: %d files, %s, digest %s"
                .formatted(
                    added.spec().image() ? "image" : "manifest",
                    what,
                    added.files(),
                    ManifestView.size(added.bytes()),
                    added.ref().getDigest()),
        () -> List.of(what));
    return ExitCode.DONE;
  }

  private ContentUpload.Asking asking() {
    return new ContentUpload.Asking() {
      @Override
      public <R extends Message> R ask(String method, Message request, Parser<R> parser) {
        return ManifestAdd.this.ask(method, request, parser);
      }
    };
  }

  /** On a terminal one line that moves; elsewhere the last line alone. */
  private void progress(long done, long total) {
    if (Terminal.console().isPresent() && !quiet()) {
      System.err.print(
          "\ruploading %s of %s ".formatted(ManifestView.size(done), ManifestView.size(total)));
      if (done == total) {
        System.err.println();
      }
    } else if (done == total) {
      say("the Deployment Service has all " + ManifestView.size(total) + " of it");
    }
  }

  private static ObjectNode json(ContentUpload.Added added) {
    return Json.object()
        .put("name", added.ref().getName())
        .put("version", added.ref().getVersion())
        .put("kind", added.spec().image() ? "image" : "manifest")
        .put("digest", added.ref().getDigest())
        .put("files", added.files())
        .put("bytes", added.bytes())
        .put("revision", added.revision());
  }
}

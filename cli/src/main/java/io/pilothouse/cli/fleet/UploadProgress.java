package io.pilothouse.cli.fleet;

import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.cli.Names;
import io.pilothouse.cli.content.ContentUpload;
import java.util.function.Consumer;

/** What is said while a directory is added. */
final class UploadProgress implements ContentUpload.Progress {
  private final Consumer<String> say;
  private final MovingLine line;

  UploadProgress(Consumer<String> say, boolean quiet) {
    this.say = say;
    this.line = new MovingLine(say, quiet);
  }

  @Override
  public void packed(VersionRef ref, int files, long bytes) {
    say.accept(
        "packed %s: %d files, %s".formatted(Names.ref(ref), files, ManifestView.size(bytes)));
  }

  @Override
  public void warning(String text) {
    say.accept("warning: " + text);
  }

  @Override
  public void sent(long done, long total) {
    String size = ManifestView.size(total);
    line.at(
        done,
        total,
        done == total
            ? "the Deployment Service has all " + size + " of it"
            : "the Deployment Service has " + ManifestView.size(done) + " of " + size);
  }
}

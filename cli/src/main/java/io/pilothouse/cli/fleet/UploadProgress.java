package io.pilothouse.cli.fleet;

import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.cli.Names;
import io.pilothouse.cli.Terminal;
import io.pilothouse.cli.content.ContentUpload;
import java.util.function.Consumer;

/** How far an upload is: on a terminal one line that moves, elsewhere a line for every tenth. */
final class UploadProgress implements ContentUpload.Progress {
  private static final int TENTHS = 10;

  private final Consumer<String> say;
  private final boolean moves;
  private long told;

  UploadProgress(Consumer<String> say, boolean quiet) {
    this.say = say;
    this.moves = Terminal.console().isPresent() && !quiet;
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
    if (moves) {
      System.err.printf("\rsent %s of %s ", ManifestView.size(done), size);
      if (done == total) {
        System.err.println();
      }
      return;
    }
    long tenth = total == 0 ? TENTHS : done * TENTHS / total;
    if (tenth > told && done < total) {
      say.accept("sent %d %% of %s".formatted(tenth * TENTHS, size));
    } else if (done == total) {
      say.accept("the Deployment Service has all " + size + " of it");
    }
    told = tenth;
  }
}

package io.pilothouse.cli.content;

import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.cli.CliException;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Names;
import io.pilothouse.filesync.ContentIndex;
import java.util.ArrayList;
import java.util.List;

/** The same version with other content: which files differ. */
public final class ContentConflict {
  private static final int MOST_NAMED = 10;

  private ContentConflict() {}

  /** The refusal, naming the files when a replica still has the older index. */
  static CliException refusal(VersionRef registered, ContentIndex fresh, Replicas replicas)
      throws InterruptedException {
    return new CliException(
        ExitCode.REFUSED,
        "CONFLICT",
        Names.ref(registered)
            + " is registered with other content"
            + words(registered, fresh, replicas),
        "a version never changes: give the new content a new version");
  }

  /** {@code : ~ changed, + added}, or the digests when no replica has the registered index. */
  public static String words(VersionRef registered, ContentIndex fresh, Replicas replicas)
      throws InterruptedException {
    return replicas
        .index(registered)
        .map(
            old ->
                ": " + sentence(Differences.of(old, fresh).stream().map(String::valueOf).toList()))
        .orElse(" (digest %s, not %s)".formatted(registered.getDigest(), fresh.digest()));
  }

  private static String sentence(List<String> differences) {
    List<String> named = new ArrayList<>(differences);
    if (named.size() > MOST_NAMED) {
      named = named.subList(0, MOST_NAMED);
      named.add("and " + (differences.size() - MOST_NAMED) + " more");
    }
    return String.join(", ", named);
  }
}

package io.pilothouse.manifests;

import io.pilothouse.api.v1.Severity;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.manifests.table.Shapes.Placed;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A watchdog while its file is read: what runs is known when the script has been found. */
final class WatchdogDraft {
  private static final long EVERY_MS = 60_000;
  private static final long TIMEOUT_MS = 10_000;

  final WatchdogSpec.Builder spec =
      WatchdogSpec.newBuilder()
          .setEveryMs(EVERY_MS)
          .setTimeoutMs(TIMEOUT_MS)
          .setSeverity(Severity.NORMAL);

  /** What {@code run} says. */
  @Nullable Placed<WatchdogSpec.Runner> run;

  /** What {@code script} says: a path from the file's directory. */
  @Nullable Placed<String> script;

  /** What {@code builtin} says. */
  @Nullable Placed<String> builtin;

  /** What {@code args} says. */
  @Nullable Placed<List<String>> args;

  @Nullable Placed<Long> validFor;

  @Nullable Placed<Integer> quorum;
  @Nullable Placed<List<String>> reporters;
  @Nullable Placed<Integer> quota;

  /** How long a report stays fresh, in milliseconds. */
  long validForMs() {
    return spec.getValidForMs() == 0 ? 3 * spec.getEveryMs() : spec.getValidForMs();
  }
}

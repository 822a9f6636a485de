package io.pilothouse.repair;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;

/** How long files about work that is over are kept for people to read. */
final class Kept {
  private static final Duration SPAN = Duration.ofDays(90);

  private Kept() {}

  /**
   * Removes the file if its work was over that long ago.
   *
   * @return whether it is gone
   */
  static boolean removeOld(Path closed, Clock clock) throws IOException {
    return Files.getLastModifiedTime(closed).toInstant().isBefore(clock.instant().minus(SPAN))
        && Files.deleteIfExists(closed);
  }
}

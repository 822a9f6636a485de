package io.pilothouse.cli.pki;

import io.pilothouse.cli.CliException;
import java.time.Duration;

/** How long certificates are good for. */
final class Days {
  private static final int MOST = 36_500;

  private Days() {}

  static Duration of(int days) {
    if (days < 1 || days > MOST) {
      throw CliException.usage(
          "--days " + days + " is no time to be valid", "use 1 to " + MOST + " days");
    }
    return Duration.ofDays(days);
  }
}

package io.pilothouse.dm.server;

import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Says it when the leader's wall clock and log time part, and when they are together again. */
final class ClockSkew {

  private static final Logger log = LoggerFactory.getLogger(ClockSkew.class);

  /** Clocks that are kept by NTP differ by less. */
  static final Duration LARGE = Duration.ofSeconds(5);

  private boolean large;

  static boolean isLarge(Duration skew) {
    return skew.abs().compareTo(LARGE) > 0;
  }

  void look(Duration skew) {
    if (isLarge(skew) == large) {
      return;
    }
    large = !large;
    if (large) {
      log.warn(
          "CLOCK_SKEW: the wall clock is {} s {} log time, which follows it by a twentieth; is it set?",
          skew.abs().toSeconds(),
          skew.isNegative() ? "behind" : "ahead of");
    } else {
      log.info("The wall clock and log time agree again");
    }
  }
}

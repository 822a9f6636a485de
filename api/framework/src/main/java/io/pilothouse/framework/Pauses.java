package io.pilothouse.framework;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Between attempts: doubled from a first to a longest, each shortened at random by up to a half.
 */
final class Pauses {
  private final FrameworkOptions.Timing timing;
  private Duration next;

  Pauses(FrameworkOptions.Timing timing) {
    this.timing = timing;
    this.next = timing.firstPause();
  }

  Duration next() {
    Duration full = next;
    Duration doubled = full.multipliedBy(2);
    next = doubled.compareTo(timing.longestPause()) > 0 ? timing.longestPause() : doubled;
    // all frameworks lose the same scheduler at the same time, and must not come back in step
    return full.minusNanos(ThreadLocalRandom.current().nextLong(full.toNanos() / 2 + 1));
  }

  /** After a stream of so long; one that breaks at once each time is no success. */
  void lived(Duration time) {
    if (time.compareTo(timing.longestPause()) >= 0) {
      next = timing.firstPause();
    }
  }
}

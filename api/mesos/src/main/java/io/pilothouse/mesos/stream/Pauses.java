package io.pilothouse.mesos.stream;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Between attempts: doubled from a first to a longest, each shortened at random by up to a half.
 */
public final class Pauses {
  private final Duration first;
  private final Duration longest;
  private Duration next;

  public Pauses(Duration first, Duration longest) {
    this.first = first;
    this.longest = longest;
    this.next = first;
  }

  public Duration next() {
    Duration full = next;
    Duration doubled = full.multipliedBy(2);
    next = doubled.compareTo(longest) > 0 ? longest : doubled;
    // all frameworks lose the same scheduler at the same time, and must not come back in step
    return full.minusNanos(ThreadLocalRandom.current().nextLong(full.toNanos() / 2 + 1));
  }

  /** After a stream of so long; one that breaks at once each time is no success. */
  public void lived(Duration time) {
    if (time.compareTo(longest) >= 0) {
      next = first;
    }
  }
}

package io.pilothouse.client;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/** Pauses that double from a first to a longest, each shortened at random by up to a half. */
public final class Backoff {
  private final Duration first;
  private final Duration longest;
  private Duration next;

  public Backoff(Duration first, Duration longest) {
    this.first = first;
    this.longest = longest;
    this.next = first;
  }

  /** How long to pause now. */
  public Duration next() {
    Duration full = next;
    Duration doubled = full.multipliedBy(2);
    next = doubled.compareTo(longest) > 0 ? longest : doubled;
    // the jitter keeps many clients that lost the same server from coming back in step
    return full.minusNanos(ThreadLocalRandom.current().nextLong(full.toNanos() / 2 + 1));
  }

  /**
   * What one was asked to wait, and up to a half more: all who were sent away together must not
   * come back together.
   */
  public static Duration stretched(Duration asked) {
    return asked.plusNanos(ThreadLocalRandom.current().nextLong(asked.toNanos() / 2 + 1));
  }

  /** After a success. */
  public void reset() {
    next = first;
  }
}

package io.pilothouse.filesync;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * A bandwidth limit that holds over any span, but for a tenth of a second's worth at once: a token
 * bucket, shared by all transfers that are given it. They are served in the order in which they
 * ask, so that those with pieces of one size get equal shares.
 */
public final class Throttle {
  /** Waits; replaced in tests. */
  public interface Sleeper {
    void sleep(Duration duration) throws InterruptedException;
  }

  private static final long BURST_NANOS = 100_000_000L;

  private final long bytesPerSecond;
  private final LongSupplier nanoTime;
  private final Sleeper sleeper;

  /** When everything granted so far will have been paid for. */
  private long paidUntil;

  private Throttle(long bytesPerSecond, LongSupplier nanoTime, Sleeper sleeper) {
    this.bytesPerSecond = bytesPerSecond;
    this.nanoTime = nanoTime;
    this.sleeper = sleeper;
    this.paidUntil = nanoTime.getAsLong();
  }

  /** At most so many bytes a second. */
  public static Throttle of(long bytesPerSecond) {
    return of(bytesPerSecond, System::nanoTime, duration -> Thread.sleep(duration));
  }

  /** With another clock and way to wait, for tests in virtual time. */
  public static Throttle of(long bytesPerSecond, LongSupplier nanoTime, Sleeper sleeper) {
    if (bytesPerSecond <= 0) {
      throw new IllegalArgumentException(
          "bytes per second: %d (expected: more than 0)".formatted(bytesPerSecond));
    }
    return new Throttle(bytesPerSecond, nanoTime, sleeper);
  }

  /** No limit. */
  public static Throttle unlimited() {
    return new Throttle(0, () -> 0, duration -> {});
  }

  /** Returns when so many bytes may be sent or were allowed to be received. */
  public void take(int bytes) throws InterruptedException {
    if (bytesPerSecond == 0) {
      return;
    }
    long wait;
    synchronized (this) {
      long now = nanoTime.getAsLong();
      paidUntil = Math.max(paidUntil, now - BURST_NANOS);
      // rounded up: many small pieces must not slip through
      paidUntil += (long) Math.ceil(bytes * 1e9 / bytesPerSecond);
      wait = paidUntil - now;
    }
    if (wait > 0) {
      sleeper.sleep(Duration.ofNanos(wait));
    }
  }
}

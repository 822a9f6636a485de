package io.pilothouse.filesync;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * A bandwidth limit that holds over any span, but for a tenth of a second's worth at once: a token
 * bucket, shared by all transfers that are given it. They are served in the order in which they
 * ask, so that those with pieces of one size get equal shares; but urgent ones before all bulk ones
 * that wait.
 */
public final class Throttle {
  /** Waits; replaced in tests. */
  public interface Sleeper {
    void sleep(Duration duration) throws InterruptedException;
  }

  private static final long BURST_NANOS = 100_000_000L;

  private volatile long bytesPerSecond;
  private final LongSupplier nanoTime;
  private final Sleeper sleeper;

  /** When everything granted so far will have been paid for. */
  private long paidUntil;

  /** The same of what was granted to urgent transfers alone: only these stand before them. */
  private long urgentPaidUntil;

  /** What urgent transfers have cost in all: bulk ones that wait are put off by its growth. */
  private long urgentCost;

  private Throttle(long bytesPerSecond, LongSupplier nanoTime, Sleeper sleeper) {
    this.bytesPerSecond = bytesPerSecond;
    this.nanoTime = nanoTime;
    this.sleeper = sleeper;
    this.paidUntil = nanoTime.getAsLong();
    this.urgentPaidUntil = paidUntil;
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
    return new Throttle(0, System::nanoTime, duration -> Thread.sleep(duration));
  }

  /**
   * Another limit from now on; what was granted already is waited for at the old one.
   *
   * @param newBytesPerSecond 0 for no limit
   */
  public void change(long newBytesPerSecond) {
    if (newBytesPerSecond < 0) {
      throw new IllegalArgumentException(
          "bytes per second: %d (expected: 0 or more)".formatted(newBytesPerSecond));
    }
    bytesPerSecond = newBytesPerSecond;
  }

  /** Returns when so many bytes of a bulk transfer may be sent or were allowed to be received. */
  public void take(int bytes) throws InterruptedException {
    take(TransferClass.BULK, bytes);
  }

  /** Returns when so many bytes may be sent or were allowed to be received. */
  public void take(TransferClass transferClass, int bytes) throws InterruptedException {
    long limit = bytesPerSecond;
    if (limit == 0) {
      return;
    }
    // rounded up: many small pieces must not slip through
    long cost = (long) Math.ceil(bytes * 1e9 / limit);
    switch (transferClass) {
      case URGENT -> sleepUntil(urgent(cost));
      case BULK -> bulk(cost);
    }
  }

  private synchronized long urgent(long cost) {
    long earliest = nanoTime.getAsLong() - BURST_NANOS;
    paidUntil = Math.max(paidUntil, earliest) + cost;
    urgentPaidUntil = Math.max(urgentPaidUntil, earliest) + cost;
    urgentCost += cost;
    return urgentPaidUntil;
  }

  private void bulk(long cost) throws InterruptedException {
    long due;
    long urgentBefore;
    synchronized (this) {
      paidUntil = Math.max(paidUntil, nanoTime.getAsLong() - BURST_NANOS) + cost;
      due = paidUntil;
      urgentBefore = urgentCost;
    }
    long growth;
    do {
      sleepUntil(due);
      synchronized (this) {
        growth = urgentCost - urgentBefore;
        urgentBefore = urgentCost;
      }
      due += growth;
    } while (growth > 0);
  }

  private void sleepUntil(long due) throws InterruptedException {
    long wait = due - nanoTime.getAsLong();
    if (wait > 0) {
      sleeper.sleep(Duration.ofNanos(wait));
    }
  }
}

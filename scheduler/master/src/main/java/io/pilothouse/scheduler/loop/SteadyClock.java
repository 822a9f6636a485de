package io.pilothouse.scheduler.loop;

import java.util.function.LongSupplier;

/**
 * Milliseconds since the epoch that never go back and never jump: they pass as on the monotonic
 * clock, and at most a tenth faster or slower until they agree with the machine's clock. A step of
 * that one by an hour would else end every agent's patience at once, or stop all heartbeats.
 */
public final class SteadyClock implements LongSupplier {
  private static final long NANOS = 1_000_000;

  /** Of the time that passed, the part by which it may be corrected. */
  private static final long PART = 10;

  private final LongSupplier wall;
  private final LongSupplier monotonic;
  private long seen;

  /** Nanoseconds since the epoch. */
  private long time;

  /**
   * @param wall milliseconds since the epoch
   * @param monotonic nanoseconds since whenever
   */
  public SteadyClock(LongSupplier wall, LongSupplier monotonic) {
    this.wall = wall;
    this.monotonic = monotonic;
    this.seen = monotonic.getAsLong();
    this.time = wall.getAsLong() * NANOS;
  }

  @Override
  public synchronized long getAsLong() {
    long instant = monotonic.getAsLong();
    long passed = instant - seen;
    seen = instant;
    long behind = wall.getAsLong() * NANOS - (time + passed);
    long most = passed / PART;
    time += passed + Math.max(-most, Math.min(behind, most));
    return time / NANOS;
  }
}

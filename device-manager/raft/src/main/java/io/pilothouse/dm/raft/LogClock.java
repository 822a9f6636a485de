package io.pilothouse.dm.raft;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * The time that a leader stamps entries with. It goes on by this process' monotonic clock from the
 * last stamp seen, whoever gave that; the wall clock only pulls it, by at most a twentieth of the
 * time that passes. A wall clock that is set an hour forward would otherwise fire every timeout of
 * the fleet at once, and one set back would stop them for an hour.
 *
 * <p>A replica that leads soon after its start has seen no stamp of a leader at work, and nothing
 * tells it how long the log has rested: it takes the wall clock's word once.
 */
public final class LogClock {

  /** The wall clock corrects log time by one part in so many. */
  private static final int SLEW = 20;

  /** Entries applied sooner after the start may be old ones that are caught up with. */
  private static final Duration CATCHING_UP = Duration.ofSeconds(10);

  private final InstantSource wall;
  private final LongSupplier nanos;
  private final long startedAt;
  private boolean trusted;
  private long log;
  private long at;
  private long lastStamp;

  /**
   * A clock that has seen no stamp.
   *
   * @param nanos monotonic, as {@link System#nanoTime}
   */
  public LogClock(InstantSource wall, LongSupplier nanos) {
    this.wall = wall;
    this.nanos = nanos;
    this.startedAt = nanos.getAsLong();
    this.at = startedAt;
  }

  /** The time of an entry that this replica appends as leader; never earlier than one before. */
  public synchronized long stamp() {
    move();
    trusted = true;
    lastStamp = Math.max(lastStamp, TimeUnit.NANOSECONDS.toMillis(log));
    return lastStamp;
  }

  /** The time that an entry would be stamped with now. */
  public synchronized Instant now() {
    move();
    return Instant.ofEpochMilli(Math.max(lastStamp, TimeUnit.NANOSECONDS.toMillis(log)));
  }

  /** How far the wall clock is ahead of log time; negative when it is behind. */
  public synchronized Duration skew() {
    move();
    return Duration.ofNanos(wallNanos() - log);
  }

  /** An entry was applied, or a state loaded, that is so old. */
  public synchronized void applied(long stampMillis) {
    if (stampMillis <= lastStamp) {
      return; // our own, on its way back
    }
    long now = nanos.getAsLong();
    log = TimeUnit.MILLISECONDS.toNanos(stampMillis);
    at = now;
    lastStamp = stampMillis;
    trusted = trusted || now - startedAt > CATCHING_UP.toNanos();
  }

  private void move() {
    long now = nanos.getAsLong();
    long passed = now - at;
    long reckoned = log + passed;
    long off = wallNanos() - reckoned;
    if (trusted) {
      long most = passed / SLEW;
      log = reckoned + Math.clamp(off, -most, most);
    } else {
      log = Math.max(reckoned, wallNanos());
    }
    at = now;
  }

  private long wallNanos() {
    Instant now = wall.instant();
    return TimeUnit.SECONDS.toNanos(now.getEpochSecond()) + now.getNano();
  }
}

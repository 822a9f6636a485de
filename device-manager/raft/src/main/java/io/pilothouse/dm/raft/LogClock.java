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
 * <p>A replica believes the log once it has seen a leader at work: for ten seconds, stamps that
 * came as their own times say. Entries that are caught up with come all at once, however old they
 * are, and tell nothing of how long the log has rested since: who leads before takes the wall
 * clock's word, once.
 */
public final class LogClock {

  /** The wall clock corrects log time by one part in so many. */
  private static final int SLEW = 20;

  /** For so long stamps must go on as this process' time does. */
  private static final long AT_WORK = Duration.ofSeconds(10).toNanos();

  /** An entry is applied so much sooner or later than others; a tenth of the time besides. */
  private static final long DELAY = Duration.ofSeconds(2).toNanos();

  private final InstantSource wall;
  private final LongSupplier nanos;
  private boolean trusted;

  /** The first of the stamps that went on so, and when it came; in nanoseconds. */
  private long firstStamp;

  private long firstCame;
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
    this.at = nanos.getAsLong();
    this.firstCame = at;
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

  /** A state was loaded that is so old: it says nothing of a leader at work. */
  public synchronized void loaded(long stampMillis) {
    goOnFrom(stampMillis);
  }

  /** An entry with that stamp was applied. */
  public synchronized void applied(long stampMillis) {
    if (!goOnFrom(stampMillis)) {
      return; // our own, on its way back
    }
    long passed = at - firstCame;
    if (Math.abs(log - firstStamp - passed) > DELAY + passed / 10) {
      firstStamp = log;
      firstCame = at;
    } else if (passed >= AT_WORK) {
      trusted = true;
    }
  }

  private boolean goOnFrom(long stampMillis) {
    if (stampMillis <= lastStamp) {
      return false;
    }
    log = TimeUnit.MILLISECONDS.toNanos(stampMillis);
    at = nanos.getAsLong();
    lastStamp = stampMillis;
    return true;
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

package io.pilothouse.dm.raft;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** How long the disk takes to sync the log: the slowest of the last half to whole minute. */
final class SyncTimes {

  private static final long HALF_NANOS = Duration.ofSeconds(30).toNanos();

  /** Ratis makes its metrics by itself and only tells which member they are of. */
  private static final Map<String, SyncTimes> BY_MEMBER = new ConcurrentHashMap<>();

  private final LongSupplier nanos;
  private long since;
  private long now;
  private long before;

  SyncTimes(LongSupplier nanos) {
    this.nanos = nanos;
    this.since = nanos.getAsLong();
  }

  /** Of the Ratis member with this name, whether it is there yet or not. */
  static SyncTimes of(String member) {
    return BY_MEMBER.computeIfAbsent(member, each -> new SyncTimes(System::nanoTime));
  }

  synchronized void add(long tookNanos) {
    turn();
    now = Math.max(now, tookNanos);
  }

  synchronized long slowestMicros() {
    turn();
    return TimeUnit.NANOSECONDS.toMicros(Math.max(now, before));
  }

  private void turn() {
    long passed = nanos.getAsLong() - since;
    if (passed >= HALF_NANOS) {
      before = passed < 2 * HALF_NANOS ? now : 0;
      now = 0;
      since += passed;
    }
  }
}

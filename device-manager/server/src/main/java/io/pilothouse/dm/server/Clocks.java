package io.pilothouse.dm.server;

import java.time.Instant;
import java.time.InstantSource;
import java.util.function.LongSupplier;

/**
 * Time as the edge sees it.
 *
 * @param wall for what people read and for the log's timeouts
 * @param nanos monotonic, for silence: a wall clock that jumps must not fell a fleet
 */
record Clocks(InstantSource wall, LongSupplier nanos) {

  static Clocks system() {
    return new Clocks(InstantSource.system(), System::nanoTime);
  }

  Instant now() {
    return wall.instant();
  }

  /**
   * The later one: an earlier leader, who stamped the state, may have had a clock ahead of ours.
   */
  static Instant later(Instant now, Instant stamped) {
    return now.isAfter(stamped) ? now : stamped;
  }

  /** The wall time of a past monotonic one. */
  Instant wallTimeOf(long nanoTime) {
    return now().minusNanos(nanos.getAsLong() - nanoTime);
  }
}

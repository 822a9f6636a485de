package io.pilothouse.dm.server;

import io.grpc.StatusRuntimeException;
import io.pilothouse.api.log.v1.ReplicaVitals;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Stops writes before the leader's disk is full. A log that cannot be written ends the replica, and
 * a full disk ends all of them soon after one another; while there is room left, reads go on, and
 * writes go on again as soon as somebody has made more.
 */
final class DiskGuard {

  /** Callers' writes stop below this. */
  static final long FLOOR = 512L << 20;

  /** A warning before that. */
  static final long WARN = 2 * FLOOR;

  /** What the leader itself does as time passes goes on a little longer: it is small. */
  static final long LAST = FLOOR / 2;

  private static final Duration FRESH = Duration.ofSeconds(1);
  private static final long RETRY_SECONDS = 10;

  private final Supplier<ReplicaVitals> vitals;
  private final LongSupplier nanos;
  private volatile Seen seen;

  private record Seen(ReplicaVitals vitals, long at) {}

  DiskGuard(Supplier<ReplicaVitals> vitals, LongSupplier nanos) {
    this.vitals = vitals;
    this.nanos = nanos;
    this.seen = new Seen(vitals.get(), nanos.getAsLong());
  }

  /** Why a caller's write is not taken now; empty when it is. */
  Optional<StatusRuntimeException> objection() {
    ReplicaVitals now = now();
    return isBelow(now, FLOOR)
        ? Optional.of(
            Refusals.later(
                ("the disk of the leader %s has %d MiB left; below %d MiB nothing more is written,"
                        + " so that its log stays whole")
                    .formatted(now.getReplica(), now.getDiskFree() >> 20, FLOOR >> 20),
                "make room on the disk of %s's data directory; writes go on by themselves"
                    .formatted(now.getReplica()),
                RETRY_SECONDS))
        : Optional.empty();
  }

  /** Whether what the leader proposes by itself may still be written. */
  boolean hasRoomForTime() {
    return !isBelow(now(), LAST);
  }

  /** A disk of unknown size is not below anything. */
  static boolean isBelow(ReplicaVitals vitals, long bytes) {
    return vitals.getDiskSize() > 0 && vitals.getDiskFree() < bytes;
  }

  private ReplicaVitals now() {
    Seen last = seen;
    long now = nanos.getAsLong();
    if (now - last.at() < FRESH.toNanos()) {
      return last.vitals();
    }
    ReplicaVitals fresh = vitals.get();
    seen = new Seen(fresh, now);
    return fresh;
  }
}

package io.pilothouse.dm.server;

import io.grpc.StatusRuntimeException;
import io.pilothouse.api.log.v1.ReplicaVitals;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * Stops writes before the disks are full that they need: the leader's, and those of a majority. A
 * log that cannot be written ends its replica, and a full disk ends all of them soon after one
 * another; while there is room left, reads go on, and writes go on again as soon as somebody has
 * made more.
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

  private final Ledger ledger;
  private final LongSupplier nanos;
  private volatile Seen seen;

  /**
   * What was seen at a moment.
   *
   * @param own vitals of this replica, which leads
   * @param others those of other members that were heard lately
   * @param members how many there are
   */
  private record Seen(ReplicaVitals own, List<ReplicaVitals> others, int members, long at) {}

  DiskGuard(Ledger ledger, LongSupplier nanos) {
    this.ledger = ledger;
    this.nanos = nanos;
    this.seen = look();
  }

  /** Why a caller's write is not taken now; empty when it is. */
  Optional<StatusRuntimeException> objection() {
    Seen now = now();
    ReplicaVitals own = now.own();
    if (isBelow(own, FLOOR)) {
      return Optional.of(
          refusal(
              "the disk of the leader %s has %d MiB left"
                  .formatted(own.getReplica(), own.getDiskFree() >> 20),
              own.getReplica()));
    }
    String low = String.join(" and ", needed(now, FLOOR));
    return low.isEmpty()
        ? Optional.empty()
        : Optional.of(
            refusal(
                "%s: too little is left on the disk, and those that answer besides are no majority"
                        .formatted(low)
                    + " of the %d replicas".formatted(now.members()),
                low));
  }

  private static StatusRuntimeException refusal(String why, String low) {
    return Refusals.later(
        "%s; below %d MiB nothing more is written, so that no log ends amid an entry"
            .formatted(why, FLOOR >> 20),
        "make room on the disk of %s's data directory; writes go on by themselves".formatted(low),
        RETRY_SECONDS);
  }

  /** Whether what the leader proposes by itself may still be written. */
  boolean hasRoomForTime() {
    Seen now = now();
    return !isBelow(now.own(), LAST) && needed(now, LAST).isEmpty();
  }

  /** Members with less left without which the leader has no majority, as far as it has heard. */
  private static List<String> needed(Seen now, long bytes) {
    List<String> low =
        now.others().stream()
            .filter(each -> isBelow(each, bytes))
            .map(ReplicaVitals::getReplica)
            .toList();
    int well = 1 + now.others().size() - low.size();
    return well > now.members() / 2 ? List.of() : low;
  }

  /** A disk of unknown size is not below anything. */
  static boolean isBelow(ReplicaVitals vitals, long bytes) {
    return vitals.getDiskSize() > 0 && vitals.getDiskFree() < bytes;
  }

  private Seen now() {
    Seen last = seen;
    if (nanos.getAsLong() - last.at() < FRESH.toNanos()) {
      return last;
    }
    Seen fresh = look();
    seen = fresh;
    return fresh;
  }

  private Seen look() {
    ReplicaVitals own = ledger.ownVitals();
    List<ReplicaVitals> others =
        ledger.vitals().values().stream()
            .filter(each -> !each.getReplica().equals(own.getReplica()))
            .toList();
    return new Seen(own, others, ledger.peers().size(), nanos.getAsLong());
  }
}

package io.pilothouse.scheduler;

import io.pilothouse.client.ServerAddress;
import io.pilothouse.tls.SilentLine;
import java.time.Duration;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.LongPredicate;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has this scheduler take the place of a leader whose process has ended, without waiting for the
 * end of its lease: docs/decisions/0051-a-schedulers-successor.md. Whether it has ended is a guess,
 * and one that is wrong costs a change of leaders: so a process makes one seldom. Of a leader whose
 * machine is lost, or that hangs, nothing is seen here.
 */
final class Succession {
  private static final Logger log = LoggerFactory.getLogger(Succession.class);

  /** Between two times that a process takes a lease before its time. */
  static final Duration SELDOM = Duration.ofHours(1);

  /** A process that ends closes its connections before its port, or after: it is asked again. */
  private static final long AGAIN_MS = 20;

  /**
   * The longest pause, for a server that closes silent lines at once; one held longer ends that.
   */
  private static final long LONGEST_MS = 1_000;

  /**
   * Who leads.
   *
   * @param token of its lease
   * @param at where agents attach to it
   */
  record Holder(String id, long token, ServerAddress at) {}

  private final Supplier<Optional<Holder>> leader;
  private final LongPredicate succeed;
  private final LongSupplier nanoTime;
  private @Nullable Long succeededAt;
  private final SilentLine line;

  /**
   * @param leader another scheduler, as far as the Device Manager said
   * @param succeed asks for the lease in the place of the holder of a token; whether it was given.
   *     Throws when that is not known
   */
  Succession(Supplier<Optional<Holder>> leader, LongPredicate succeed, LongSupplier nanoTime) {
    this.leader = leader;
    this.succeed = succeed;
    this.nanoTime = nanoTime;
    this.line = new SilentLine(nanoTime);
  }

  /** Whether the end of the leader's process would be noticed. */
  boolean isWatching() {
    return line.isHeld();
  }

  /** Watches the one that leads now until it leads no more. Ends soon when it is interrupted. */
  void round() throws InterruptedException {
    Optional<Holder> seen = leader.get();
    if (seen.isEmpty()) {
      return;
    }
    if (ends(
        seen.get().at(),
        () -> leader.get().equals(seen) && !Thread.currentThread().isInterrupted())) {
      succeed(seen.get());
    }
  }

  /**
   * Returns when the process has ended, or when that could not be seen here, or is wanted no more.
   *
   * @return whether it ended: there was a connection a moment ago, it broke, and another one was
   *     refused
   */
  private boolean ends(ServerAddress at, BooleanSupplier wanted) throws InterruptedException {
    long pause = AGAIN_MS;
    boolean broke = false;
    while (true) {
      long since = nanoTime.getAsLong();
      switch (line.hold(at.host(), at.port(), wanted)) {
        case BROKE -> broke = true;
        case REFUSED -> {
          return broke && wanted.getAsBoolean(); // else it was so before: nothing ended
        }
        case UNKNOWN -> {
          return false;
        }
      }
      if (nanoTime.getAsLong() - since > LONGEST_MS * 1_000_000) {
        pause = AGAIN_MS;
      }
      Thread.sleep(pause);
      pause = Math.min(2 * pause, LONGEST_MS);
    }
  }

  private void succeed(Holder gone) {
    Long before = succeededAt;
    if (before != null && nanoTime.getAsLong() - before < SELDOM.toNanos()) {
      log.warn(
          "The leader {} does not run any more, as its port {} says; this scheduler believed that"
              + " within the last hour once, and waits for the end of the lease this time",
          gone.id(),
          gone.at());
      return;
    }
    log.warn(
        "The leader {} does not run any more, as its port {} says: this scheduler asks for the"
            + " lease",
        gone.id(),
        gone.at());
    succeededAt = nanoTime.getAsLong(); // an answer may be lost after it was given
    if (!succeed.test(gone.token())) {
      succeededAt = before;
    }
  }
}

package io.pilothouse.dm.server;

import io.grpc.Context;
import io.grpc.Deadline;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** How long a call may still be held: what it asked for, capped, and less than its deadline. */
final class Patience {

  private static final Duration LONGEST = Duration.ofSeconds(30);
  private static final Duration FOR_THE_WAY_BACK = Duration.ofMillis(100);

  private final long end;

  /**
   * Starts now.
   *
   * @param waitMs as asked for; not above 30 s
   */
  Patience(long waitMs) {
    long asked = Math.max(0, Math.min(waitMs, LONGEST.toMillis()));
    @Nullable Deadline deadline = Context.current().getDeadline();
    long most =
        deadline == null
            ? asked
            : Math.min(
                asked, deadline.timeRemaining(TimeUnit.MILLISECONDS) - FOR_THE_WAY_BACK.toMillis());
    end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(most);
  }

  /** Never negative; zero as well when the caller has gone. */
  Duration left() {
    return Context.current().isCancelled()
        ? Duration.ZERO
        : Duration.ofNanos(Math.max(0, end - System.nanoTime()));
  }

  boolean isOver() {
    return left().isZero();
  }
}

package io.pilothouse.client;

import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** The retry loop that both clients share. */
final class Attempts {
  /** Named leaders followed in a row without a pause: replicas that disagree must not spin us. */
  private static final int MAX_FOLLOWED = 2;

  /** Times that one call is told to come later; whoever called may then decide to wait on. */
  private static final int MAX_BUSY = 6;

  /** One try on one server. */
  interface Attempt<T> {
    T on(ServerAddress server, Duration left) throws TryNextException;
  }

  private Attempts() {}

  static <T> T run(String asked, Duration deadline, Rotation rotation, Attempt<T> attempt) {
    long start = System.nanoTime();
    Backoff backoff = new Backoff(Duration.ofMillis(20), Duration.ofMillis(500));
    Map<ServerAddress, String> failures = new LinkedHashMap<>();
    Set<ServerAddress> full = new HashSet<>(); // since the last pause
    int followed = 0;
    int busy = 0;
    Duration left = deadline;
    while (left.isPositive()) {
      ServerAddress server = rotation.current();
      try {
        T answer = attempt.on(server, left);
        rotation.answered(server);
        return answer;
      } catch (TryNextException e) {
        String reason = String.valueOf(e.getMessage());
        if (left(start, deadline).isPositive()) {
          failures.put(server, reason);
        } else {
          failures.putIfAbsent(server, reason); // cut short by our deadline, it says less
        }
        if (e.busy().isPresent()) {
          busy++;
          full.add(server);
          boolean another = rotation.busy(server) && !full.contains(rotation.current());
          if (!another) {
            full.clear();
          }
          waitForRoom(asked, e.busy().get(), busy, another, left(start, deadline));
          left = left(start, deadline);
          continue;
        }
        boolean named = rotation.failed(server, e);
        if (named && followed < MAX_FOLLOWED) {
          followed++;
        } else {
          followed = 0;
          pause(asked, shorter(backoff.next(), left(start, deadline)));
        }
      }
      left = left(start, deadline);
    }
    throw new UnreachableException(asked, deadline, failures);
  }

  /**
   * Waits as long as a busy server asked for, or gives up.
   *
   * @param tried how often this call was told to come later, now included
   * @param another whether a server is left that was not asked since the last pause
   */
  private static void waitForRoom(
      String asked, TryNextException.Busy refusal, int tried, boolean another, Duration left) {
    if (tried < MAX_BUSY && another) {
      return;
    }
    Duration wait = Backoff.stretched(refusal.pause());
    if (tried >= MAX_BUSY || wait.compareTo(left) >= 0) {
      throw refusal.after(tried);
    }
    pause(asked, wait);
  }

  static Duration shorter(Duration a, Duration b) {
    return a.compareTo(b) < 0 ? a : b;
  }

  private static Duration left(long start, Duration deadline) {
    return deadline.minusNanos(System.nanoTime() - start);
  }

  private static void pause(String asked, Duration pause) {
    if (!pause.isPositive()) {
      return;
    }
    try {
      Thread.sleep(pause);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw interrupted(asked);
    }
  }

  static DmException interrupted(String asked) {
    return new DmException("CANCELLED", "interrupted while asking " + asked, "");
  }
}

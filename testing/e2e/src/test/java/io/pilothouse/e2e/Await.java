package io.pilothouse.e2e;

import java.time.Duration;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** Waiting that always ends: by what was waited for, or by a failure that says what was seen. */
final class Await {
  private static final Duration POLL = Duration.ofMillis(300);

  private Await() {}

  /**
   * Looks again and again until it is good.
   *
   * @param what is waited for, as a sentence
   * @param limit after which the test fails
   * @param look may fail with {@link Ran.Unexpected}: that is "not yet"
   * @param more what else to print on failure
   * @return what was seen at last, which is good
   */
  static <T> T until(
      String what, Duration limit, Supplier<T> look, Predicate<T> good, Supplier<String> more) {
    long deadline = System.nanoTime() + limit.toNanos();
    while (true) {
      String last;
      try {
        T seen = look.get();
        if (good.test(seen)) {
          return seen;
        }
        last = String.valueOf(seen);
      } catch (Ran.Unexpected e) {
        last = String.valueOf(e.getMessage());
      }
      if (System.nanoTime() > deadline) {
        throw new AssertionError(
            "%s: not within %s s%nlast seen: %s%n%s"
                .formatted(what, limit.toSeconds(), last, more.get()));
      }
      pause();
    }
  }

  private static void pause() {
    try {
      Thread.sleep(POLL.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting", e);
    }
  }
}

package io.pilothouse.testing.faults;

import io.pilothouse.testing.histories.Operation;
import io.pilothouse.testing.histories.Operation.Call;
import io.pilothouse.testing.histories.Operation.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What all clients did, in the order in which it ended. */
final class History {
  private final List<Operation> operations = new ArrayList<>();
  private final long start = System.nanoTime();
  private long lastAnswer = start;

  /** When that was asked which was answered. */
  private long lastAsked = start;

  private long longestPause;

  synchronized void add(int id, String key, Call call, Outcome outcome, long invoked) {
    long now = System.nanoTime();
    boolean unknown = outcome instanceof Outcome.Unknown;
    operations.add(new Operation(id, key, call, outcome, invoked, unknown ? Operation.NEVER : now));
    if (!unknown) {
      longestPause = Math.max(longestPause, now - lastAnswer);
      lastAnswer = now;
      lastAsked = Math.max(lastAsked, invoked);
      notifyAll();
    }
  }

  synchronized List<Operation> operations() {
    return List.copyOf(operations);
  }

  /** The longest time in which no client got an answer, in ms. */
  synchronized long longestPauseMs() {
    return longestPause / 1_000_000;
  }

  /** Seconds since the beginning. */
  String clock() {
    return "%.1f s".formatted((System.nanoTime() - start) / 1e9);
  }

  /**
   * Until some client gets an answer to what was asked after this call.
   *
   * @return after how many ms
   * @throws IllegalStateException when it takes longer than the patience
   */
  synchronized long awaitAnswer(Duration patience) throws InterruptedException {
    long from = System.nanoTime();
    while (lastAsked - from < 0) {
      long left = patience.toMillis() - (System.nanoTime() - from) / 1_000_000;
      if (left <= 0) {
        throw new IllegalStateException(
            "no client got an answer within %d s after all was mended"
                .formatted(patience.toSeconds()));
      }
      wait(left);
    }
    return (lastAnswer - from) / 1_000_000;
  }

  synchronized long count(Class<? extends Outcome> outcome) {
    return operations.stream().filter(each -> outcome.isInstance(each.outcome())).count();
  }
}

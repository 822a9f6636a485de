package io.pilothouse.tasks.fetch;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/** One command's URIs while they are fetched, and until they are where they are to be. */
public final class Fetching {
  /** How it ended. */
  private record Outcome(Optional<String> failure) {}

  private final Helper helper;
  private final Thread thread;
  private final AtomicReference<Optional<Outcome>> outcome =
      new AtomicReference<>(Optional.empty());

  /**
   * Of a task.
   *
   * @param helper ended when it is given up
   * @param thread does the work, is interrupted when it need not be done
   */
  Fetching(Helper helper, Thread thread) {
    this.helper = helper;
    this.thread = thread;
  }

  void done() {
    outcome.set(Optional.of(new Outcome(Optional.empty())));
  }

  void failed(String why) {
    outcome.set(Optional.of(new Outcome(Optional.of(why))));
  }

  /** Whether it is over, well or not; if well, all of it is in the sandbox. */
  public boolean isDone() {
    return outcome.get().isPresent();
  }

  /** Why not all could be fetched, in words for the framework. */
  public Optional<String> failure() {
    return outcome.get().flatMap(Outcome::failure);
  }

  /** Gives it up, and waits for nothing; what it has begun is removed in a while. */
  public void cancel() {
    thread.interrupt();
    helper.close();
  }

  /** Whether it is over, waited for. */
  boolean isOverWithin(Duration most) {
    try {
      return thread.join(most);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}

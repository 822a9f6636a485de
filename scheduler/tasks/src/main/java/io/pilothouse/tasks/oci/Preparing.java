package io.pilothouse.tasks.oci;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/** A container while its image is looked for and unpacked, and until it can be run. */
public final class Preparing {
  private record Outcome(Optional<Prepared> prepared, String failure) {}

  private final AtomicReference<Optional<Outcome>> outcome =
      new AtomicReference<>(Optional.empty());
  private volatile boolean cancelled;
  private volatile Optional<Thread> thread = Optional.empty();

  Preparing() {}

  void by(Thread worker) {
    thread = Optional.of(worker);
  }

  void done(Prepared prepared) {
    outcome.set(Optional.of(new Outcome(Optional.of(prepared), "")));
  }

  void failed(String why) {
    outcome.set(Optional.of(new Outcome(Optional.empty(), why)));
  }

  /** Whether it is over, well or not. */
  public boolean isDone() {
    return outcome.get().isPresent();
  }

  /** Why it cannot be run, in words for the framework. */
  public Optional<String> failure() {
    return outcome.get().map(Outcome::failure).filter(each -> !each.isEmpty());
  }

  /** What can be run; only if it is done and nothing failed. */
  public Prepared prepared() {
    return outcome.get().flatMap(Outcome::prepared).orElseThrow();
  }

  /** Waits until its thread has ended, a little. */
  void awaitEnd(Duration most) {
    if (thread.isPresent()) {
      try {
        var unused = thread.get().join(most);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  boolean isCancelled() {
    return cancelled;
  }

  /** Nobody needs it any more. */
  public void cancel() {
    cancelled = true;
    thread.ifPresent(Thread::interrupt);
  }
}

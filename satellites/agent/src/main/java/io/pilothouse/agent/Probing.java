package io.pilothouse.agent;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;

/** Looks at a process again and again, on a thread of its own: a look may take its time. */
final class Probing implements AutoCloseable {
  /** One look; what is wrong, or empty when all is well. */
  interface Look {
    Optional<String> problem() throws InterruptedException;
  }

  private final Look look;
  private final Duration interval;
  private final Runnable changed;
  private final CountDownLatch looked = new CountDownLatch(1);
  private final Thread thread;
  private volatile boolean wasWell;
  private volatile String said;
  private volatile int failures;

  /**
   * @param name of the thread
   * @param first what it says before the first look has come back
   * @param changed called when it says something else than at its look before
   */
  Probing(String name, String first, Look look, Duration interval, Runnable changed) {
    this.look = look;
    this.interval = interval;
    this.changed = changed;
    this.said = first;
    this.thread = Thread.ofVirtual().name(name).start(this::run);
  }

  /** What the last look found wrong; empty when it was well. */
  String said() {
    return said;
  }

  /** Returns when the first look has come back. */
  void first() throws InterruptedException {
    looked.await();
  }

  /** Whether any look was well. */
  boolean wasWell() {
    return wasWell;
  }

  /** Looks in a row, up to the last, that were not well. */
  int failures() {
    return failures;
  }

  private void run() {
    try {
      while (true) {
        String now = look.problem().orElse("");
        boolean news = now.isEmpty() != said.isEmpty();
        wasWell |= now.isEmpty();
        failures = now.isEmpty() ? 0 : failures + 1;
        said = now;
        looked.countDown();
        if (news || failures > 0) {
          changed.run();
        }
        Thread.sleep(interval);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // closed: the process is stopped, or gone
    }
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}

package io.pilothouse.tasks.check;

import java.time.Duration;
import java.util.function.Consumer;

/** Looks at one task again and again, one look after the other, until it is closed. */
public final class Checker implements AutoCloseable {
  private final Thread thread;

  private Checker(Thread thread) {
    this.thread = thread;
  }

  /**
   * Begins.
   *
   * @param age how long the task has run
   * @param heard told each finding, on a thread of this
   */
  static Checker start(
      String name, Probe probe, Pace pace, Duration age, Consumer<Probe.Finding> heard) {
    Duration first = pace.delay().minus(age);
    return new Checker(
        Thread.ofVirtual()
            .name("check-" + name)
            .start(() -> look(probe, pace, first.isNegative() ? Duration.ZERO : first, heard)));
  }

  private static void look(Probe probe, Pace pace, Duration first, Consumer<Probe.Finding> heard) {
    try {
      Thread.sleep(first);
      while (true) {
        heard.accept(probe.look(pace.timeout()));
        Thread.sleep(pace.interval());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // closed
    }
  }

  /** No further look; one that is under way is ended. */
  @Override
  public void close() {
    thread.interrupt();
  }
}

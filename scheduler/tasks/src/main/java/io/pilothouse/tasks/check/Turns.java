package io.pilothouse.tasks.check;

import java.time.Duration;
import java.util.concurrent.Semaphore;

/**
 * Lets looks wait for each other: when an agent begins anew all checks of all tasks are due at
 * once, and it has little memory. Who waits is not late, its time begins with its turn. A turn is
 * not for as long as a look may take: those that hang would hold up everybody else's.
 */
final class Turns {
  /** Of all tasks: so many begin in a second at least, whatever the others do. */
  private static final Turns OF_ALL = new Turns(16, Duration.ofSeconds(1));

  private final Semaphore free;
  private final Duration longest;

  /**
   * @param most looks at once, of those that are quick
   * @param longest after which a look goes on without its turn
   */
  Turns(int most, Duration longest) {
    this.free = new Semaphore(most, true);
    this.longest = longest;
  }

  /** The same probe, in its turn among all. */
  static Probe amongAll(Probe probe) {
    return OF_ALL.of(probe);
  }

  /** The same probe, in its turn. */
  Probe of(Probe probe) {
    return timeout -> {
      free.acquire();
      Thread turn = Thread.ofVirtual().name("check-turn").start(this::end);
      try {
        return probe.look(timeout);
      } finally {
        turn.interrupt(); // and is over, unless it was
      }
    };
  }

  private void end() {
    try {
      Thread.sleep(longest);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the look was quick
    } finally {
      free.release();
    }
  }
}

package io.pilothouse.tasks;

import io.pilothouse.processes.Family;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * TERM to all of a task, KILL to what is left after the grace; its keeper sees it end. Fields but
 * the count belong to the monitor of {@link Tasks}; what waits for processes has a thread.
 */
final class Killing {
  private static final Logger log = LoggerFactory.getLogger(Killing.class);

  /** So that the deadline can be counted. */
  private static final Duration LONGEST = Duration.ofDays(365);

  /** Looks for all of the task. */
  interface Search {
    Family family() throws IOException;
  }

  private final String container;
  private final Search search;
  private final boolean isContained;
  private final AtomicInteger tries = new AtomicInteger();

  /** When the grace is over (nanoTime): the earliest that was asked for. */
  private Optional<Long> deadline = Optional.empty();

  /**
   * Of a task.
   *
   * @param isContained whether its leader is a runtime, which passes signals on: nobody gets two
   */
  Killing(String container, Search search, boolean isContained) {
    this.container = container;
    this.search = search;
    this.isContained = isContained;
  }

  /** Asked to end it; asked again only to end it sooner. */
  void ask(Duration grace) {
    Duration bounded =
        grace.isNegative() ? Duration.ZERO : grace.compareTo(LONGEST) > 0 ? LONGEST : grace;
    long by = System.nanoTime() + bounded.toNanos();
    if (deadline.isEmpty() || by - deadline.get() < 0) {
      deadline = Optional.of(by);
      start(by);
    }
  }

  /** Tries anew when no try is under way and it runs nevertheless; nothing if nobody asked. */
  void again() {
    if (deadline.isPresent() && tries.get() == 0) {
      start(deadline.get());
    }
  }

  private void start(long by) {
    tries.incrementAndGet();
    Thread.ofVirtual().name("kill-" + container).start(() -> end(by));
  }

  private void end(long by) {
    try {
      Family family = search.family();
      if (isContained) {
        family.terminateOthers();
      } else {
        family.terminate();
      }
      family.end(Duration.ofNanos(Math.max(0, by - System.nanoTime())));
    } catch (IOException e) {
      log.warn("task of {} cannot be killed yet: {}", container, e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      tries.decrementAndGet();
    }
  }
}

package io.pilothouse.kit;

import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs work for many machines, a bounded number at a time and never two for the same machine. Each
 * piece of work has a virtual thread.
 */
public final class Lanes implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Lanes.class);
  private static final Duration CLOSE_WITHIN = Duration.ofSeconds(5);

  private final int atOnce;
  private final Semaphore slots;
  private final ConcurrentMap<String, Thread> busy = new ConcurrentHashMap<>();

  public Lanes(int atOnce) {
    this.atOnce = atOnce;
    this.slots = new Semaphore(atOnce);
  }

  /** Starts the work unless the machine has some; then false, and the next round asks again. */
  public boolean submit(String machine, Runnable work) {
    Thread thread = Thread.ofVirtual().name("lane-" + machine).unstarted(() -> run(machine, work));
    if (busy.putIfAbsent(machine, thread) != null) {
      return false;
    }
    thread.start();
    return true;
  }

  /** Whether what is submitted now begins at once. */
  public boolean hasRoom() {
    return busy.size() < atOnce;
  }

  /** Machines with work under way, sorted. */
  public Set<String> busy() {
    return new TreeSet<>(busy.keySet());
  }

  private void run(String machine, Runnable work) {
    try {
      slots.acquire();
      try {
        work.run();
      } finally {
        slots.release();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // closing: the work was not begun
    } catch (RuntimeException e) {
      log.error("work on {} failed", machine, e);
    } finally {
      busy.remove(machine);
    }
  }

  /** Interrupts what runs and waits a moment for it. */
  @Override
  public void close() {
    for (Thread each : busy.values()) {
      each.interrupt();
    }
    for (Thread each : busy.values()) {
      try {
        if (!each.join(CLOSE_WITHIN)) {
          log.warn("{} did not end within {} s", each.getName(), CLOSE_WITHIN.toSeconds());
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }
}

package io.pilothouse.tasks.oci;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/** A lock for each name, for as long as somebody has it or waits for it. */
final class NamedLocks {
  private final Map<String, Counted> locks = new HashMap<>();

  private static final class Counted {
    final ReentrantLock lock = new ReentrantLock();
    int users;
  }

  /** One that is held, by the thread that took it. */
  interface Held {
    void release();
  }

  Held take(String name) throws InterruptedException {
    Counted counted;
    synchronized (locks) {
      counted = locks.computeIfAbsent(name, any -> new Counted());
      counted.users++;
    }
    try {
      counted.lock.lockInterruptibly();
    } catch (InterruptedException e) {
      leave(name, counted);
      throw e;
    }
    return () -> {
      counted.lock.unlock();
      leave(name, counted);
    };
  }

  private void leave(String name, Counted counted) {
    synchronized (locks) {
      if (--counted.users == 0) {
        locks.remove(name);
      }
    }
  }

  /** Whether somebody waits for one. */
  boolean isAwaited(String name) {
    synchronized (locks) {
      Counted counted = locks.get(name);
      return counted != null && counted.lock.hasQueuedThreads();
    }
  }

  /** How many there are now. */
  int size() {
    synchronized (locks) {
      return locks.size();
    }
  }
}

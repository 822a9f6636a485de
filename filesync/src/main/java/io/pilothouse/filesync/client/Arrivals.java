package io.pilothouse.filesync.client;

import io.pilothouse.filesync.Coming;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Who waits here for what is on its way: neighbours whose requests are held. Each is woken by as
 * many arrivals as it waits for, and by nothing else that comes. At most so many wait, for so many
 * names: a machine has little memory. Safe for use by many threads.
 */
final class Arrivals {
  /** A part of a rack has at most 64 machines; an owner may be one for others, too. */
  private static final int MOST_WAITING = 128;

  /** Of all of them together; some 150 bytes each. */
  private static final int MOST_NAMES = 1 << 14;

  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, List<Waiter>> byName = new HashMap<>();
  private final Set<Waiter> all = new HashSet<>();
  private int names;

  /** Whether anybody waits: mostly nobody does, and chunks come by the thousand. */
  private volatile boolean awaited;

  private final class Waiter implements Coming {
    private final Set<String> waitsFor;
    private final Condition changed = lock.newCondition();
    private int came;
    private int some;
    private boolean looksAgain;

    private Waiter(Set<String> waitsFor) {
      this.waitsFor = waitsFor;
    }

    @Override
    public boolean await(int more, Duration most) throws InterruptedException {
      long left = most.toNanos();
      lock.lock();
      try {
        some = more;
        while (came < some && !looksAgain && left > 0) {
          left = changed.awaitNanos(left);
        }
        boolean happened = came >= some || looksAgain;
        came = 0;
        looksAgain = false;
        return happened;
      } finally {
        lock.unlock();
      }
    }

    private void oneCame() {
      came++;
      if (came >= some) {
        changed.signal();
      }
    }

    private void lookAgain() {
      looksAgain = true;
      changed.signal();
    }

    @Override
    public void close() {
      lock.lock();
      try {
        if (!all.remove(this)) {
          return;
        }
        for (String each : waitsFor) {
          byName.computeIfPresent(
              each,
              (name, waiters) -> {
                waiters.remove(this);
                return waiters.isEmpty() ? null : waiters;
              });
        }
        names -= waitsFor.size();
        awaited = !all.isEmpty();
      } finally {
        lock.unlock();
      }
    }
  }

  /**
   * Begins a wait.
   *
   * @return empty when too many wait already
   */
  Optional<Coming> await(Collection<String> hashes) {
    Set<String> waitsFor = Set.copyOf(hashes);
    lock.lock();
    try {
      if (all.size() >= MOST_WAITING || names + waitsFor.size() > MOST_NAMES) {
        return Optional.empty();
      }
      Waiter waiter = new Waiter(waitsFor);
      for (String each : waitsFor) {
        byName.computeIfAbsent(each, name -> new ArrayList<>(1)).add(waiter);
      }
      names += waitsFor.size();
      all.add(waiter);
      awaited = true;
      return Optional.of(waiter);
    } finally {
      lock.unlock();
    }
  }

  /** A chunk or an index can be had from now on. */
  void came(String hash) {
    if (!awaited) {
      return;
    }
    lock.lock();
    try {
      byName.getOrDefault(hash, List.of()).forEach(Waiter::oneCame);
    } finally {
      lock.unlock();
    }
  }

  /** What is on its way here is another than before: all look again. */
  void changed() {
    lock.lock();
    try {
      all.forEach(Waiter::lookAgain);
    } finally {
      lock.unlock();
    }
  }

  /** How many wait. */
  int waiting() {
    lock.lock();
    try {
      return all.size();
    } finally {
      lock.unlock();
    }
  }
}

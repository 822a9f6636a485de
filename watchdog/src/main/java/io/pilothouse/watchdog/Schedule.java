package io.pilothouse.watchdog;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * When each of many recurring jobs is due. A job is due at once when it is new, then at its
 * interval less up to a tenth by chance, so that a fleet's jobs do not run in step; never while its
 * last run is under way. Safe for use by many threads.
 *
 * @param <K> what tells one job from another
 */
public final class Schedule<K> {
  private final LongSupplier nanoTime;
  private final RandomGenerator random;
  private final Map<K, Long> dueAt = new HashMap<>();
  private final Set<K> underWay = new HashSet<>();

  /**
   * @param random used under this object's lock
   */
  public Schedule(LongSupplier nanoTime, RandomGenerator random) {
    this.nanoTime = nanoTime;
    this.random = random;
  }

  /**
   * Takes the jobs that are due: each is under way until {@link #done}.
   *
   * @param jobs all there are, with their intervals; others are forgotten
   */
  public synchronized List<K> take(Map<K, Duration> jobs) {
    dueAt.keySet().retainAll(jobs.keySet());
    long now = nanoTime.getAsLong();
    List<K> due = new ArrayList<>();
    jobs.forEach(
        (job, every) -> {
          if (now - dueAt.getOrDefault(job, now) >= 0 && underWay.add(job)) {
            long nanos = every.toNanos();
            dueAt.put(job, now + nanos - random.nextLong(Math.max(1, nanos / 10)));
            due.add(job);
          }
        });
    return due;
  }

  /** Its run has ended, however it did. */
  public synchronized void done(K job) {
    underWay.remove(job);
  }

  /** Makes it due now: it has changed. */
  public synchronized void reset(K job) {
    dueAt.remove(job);
  }
}

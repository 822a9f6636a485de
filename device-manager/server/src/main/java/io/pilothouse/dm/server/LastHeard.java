package io.pilothouse.dm.server;

import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Soft state of one term of leadership: who was heard when, and the highest sequence of each
 * reporter. A steady OK ends here and writes nothing.
 *
 * <p>What its loss costs at a fail-over: a new leader starts empty, so silence is noticed one
 * valid-for later than it would have been, and an old report that arrives late may count once as a
 * sign of life.
 */
final class LastHeard {

  /** What is known of one reporter; its reports are taken one at a time, in the order they come. */
  static final class Reporter {
    final ReentrantLock lock = new ReentrantLock();
    private volatile long highest;
    private final Map<String, Long> highestBySubject = new ConcurrentHashMap<>();

    /** The highest sequence of a report taken; 0 when none was. */
    long highest() {
      return highest;
    }

    /** A report was taken in full. */
    void took(long sequence) {
      highest = Math.max(highest, sequence);
    }

    /** As {@link #highest} of reporters that number each subject's reports apart. */
    long highest(String subject) {
      return highestBySubject.getOrDefault(subject, 0L);
    }

    void took(String subject, long sequence) {
      highestBySubject.merge(subject, sequence, Math::max);
    }
  }

  private final Map<String, Map<String, Long>> machines = new ConcurrentHashMap<>();
  private final Map<String, Long> replicas = new ConcurrentHashMap<>();
  private final Map<String, Reporter> reporters = new ConcurrentHashMap<>();

  Reporter reporter(String name) {
    return reporters.computeIfAbsent(name, key -> new Reporter());
  }

  /** A watchdog's report on a machine came. */
  void heard(String machine, String watchdog, long nanoTime) {
    machines.computeIfAbsent(machine, key -> new ConcurrentHashMap<>()).put(watchdog, nanoTime);
  }

  /** When, on the monotonic clock; empty when not in this term. */
  OptionalLong at(String machine, String watchdog) {
    return time(machines.getOrDefault(machine, Map.of()).get(watchdog));
  }

  /** A deployment replica reported. */
  void replicaHeard(String id, long nanoTime) {
    replicas.put(id, nanoTime);
  }

  OptionalLong replicaAt(String id) {
    return time(replicas.get(id));
  }

  private static OptionalLong time(@Nullable Long at) {
    return at == null ? OptionalLong.empty() : OptionalLong.of(at);
  }
}

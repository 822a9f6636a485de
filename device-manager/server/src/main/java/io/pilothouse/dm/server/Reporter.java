package io.pilothouse.dm.server;

import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What the leader has in mind of one who reports; its reports are taken one at a time, in the order
 * they come.
 */
final class Reporter {
  final ReentrantLock lock = new ReentrantLock();
  private volatile long highest;
  private volatile long seenAt;
  private final Map<String, Long> highestBySubject = new ConcurrentHashMap<>();
  private final Map<String, TokenBucket> buckets = new ConcurrentHashMap<>();

  Reporter(long nanoTime) {
    seenAt = nanoTime;
  }

  void seen(long nanoTime) {
    seenAt = nanoTime;
  }

  long seenAt() {
    return seenAt;
  }

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

  /** What it may still send for a watchdog; under the lock. */
  TokenBucket bucket(String watchdog, ReportQuotas.Quota quota, long nanoTime) {
    return buckets
        .computeIfAbsent(watchdog, key -> new TokenBucket(quota, nanoTime))
        .refilled(quota, nanoTime);
  }

  /** The watchdogs that it was heard for. */
  Set<String> watchdogs() {
    return new TreeSet<>(buckets.keySet());
  }
}

package io.pilothouse.dm.server;

import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;

/** Reports that were refused for the quota, by watchdog, in one term of leadership. */
final class Floods {

  /** So long after the last refusal people are still told. */
  private static final Duration SHOWN = Duration.ofMinutes(5);

  /**
   * A watchdog's.
   *
   * @param shed all of this term
   * @param reporter whose the last one was
   * @param at when the last one was, on the monotonic clock
   */
  record Flood(long shed, String reporter, long at) {}

  private final Map<String, Flood> byWatchdog = new TreeMap<>();

  synchronized void shed(String watchdog, String reporter, long count, long nanoTime) {
    long before = shed(watchdog);
    byWatchdog.put(watchdog, new Flood(before + count, reporter, nanoTime));
  }

  synchronized long shed(String watchdog) {
    return byWatchdog.containsKey(watchdog) ? byWatchdog.get(watchdog).shed() : 0;
  }

  /** Those that go on, or ended just now. */
  synchronized Map<String, Flood> present(long nanoTime) {
    Map<String, Flood> present = new TreeMap<>(byWatchdog);
    present.values().removeIf(each -> nanoTime - each.at() > SHOWN.toNanos());
    return present;
  }
}

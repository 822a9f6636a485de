package io.pilothouse.dm.server;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Those who report. Machines are as many as the state knows; of others, whose names anybody can
 * make up, only so many are kept in mind, and none that was silent for an hour.
 */
final class Reporters {

  /** Satellites and external reporters; the leader's memory must not grow with made-up names. */
  static final int MOST = 2_000;

  private static final Duration FORGOTTEN = Duration.ofHours(1);
  private static final Duration SWEEP = Duration.ofSeconds(1);

  private final Map<String, Reporter> machines = new ConcurrentHashMap<>();
  private final Map<String, Reporter> others = new ConcurrentHashMap<>();
  private long sweptAt;
  private boolean swept;

  /** The caller has made sure that a machine is one that the state knows. */
  Reporter of(String name, long now) {
    Reporter reporter =
        name.startsWith("machine/")
            ? machines.computeIfAbsent(name, key -> new Reporter(now))
            : other(name, now);
    reporter.seen(now);
    return reporter;
  }

  private Reporter other(String name, long now) {
    @Nullable Reporter known = others.get(name);
    return known == null ? added(name, now) : known;
  }

  private synchronized Reporter added(String name, long now) {
    if (others.size() >= MOST) {
      sweep(now);
    }
    if (others.size() >= MOST && !others.containsKey(name)) {
      throw Refusals.later(
          "%s is a reporter too many: %d are known".formatted(name, others.size()),
          "report under one name; a name is forgotten after an hour without a report",
          TimeUnit.HOURS.toSeconds(1));
    }
    return others.computeIfAbsent(name, key -> new Reporter(now));
  }

  private void sweep(long now) {
    if (swept && now - sweptAt < SWEEP.toNanos()) {
      return;
    }
    swept = true;
    sweptAt = now;
    others.values().removeIf(each -> now - each.seenAt() > FORGOTTEN.toNanos());
  }

  Collection<Map.Entry<String, Reporter>> all() {
    return List.copyOf(others.entrySet());
  }
}

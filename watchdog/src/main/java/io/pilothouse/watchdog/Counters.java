package io.pilothouse.watchdog;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.LongSupplier;

/**
 * The newest value of each counter of a machine: those that its watchdogs measure, called {@code
 * watchdog.label}, and its own. Safe for use by many threads.
 */
public final class Counters {
  /** What no watchdog measures. */
  public static final String MACHINE = "";

  /** Scripts with names that change, such as a process id, must not fill the memory. */
  static final int MOST_A_SOURCE = 200;

  /**
   * A counter's value.
   *
   * @param unit base unit: seconds, bytes, ratio, total (it only grows), or empty
   * @param age since it was measured
   */
  public record Value(String name, double value, String unit, Duration age) {}

  private record Entry(double value, String unit, long at) {}

  private final LongSupplier nanoTime;
  private final Map<String, Map<String, Entry>> sources = new TreeMap<>();

  /** Ages by the clock, in nanoseconds, that never goes back. */
  public Counters(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /** Takes what one source measured now; what it measured before and not now is forgotten. */
  public synchronized void take(String source, List<PerfData> measured) {
    long now = nanoTime.getAsLong();
    Map<String, Entry> entries = new LinkedHashMap<>();
    for (PerfData each : measured) {
      if (entries.size() < MOST_A_SOURCE) {
        PerfData base = BaseUnits.of(each);
        entries.put(base.label(), new Entry(base.value(), base.unit(), now));
      }
    }
    if (entries.isEmpty()) {
      sources.remove(source);
    } else {
      sources.put(source, entries);
    }
  }

  /** Forgets all other sources but the machine itself. */
  public synchronized void retain(java.util.Set<String> sourcesLeft) {
    sources.keySet().removeIf(each -> !each.equals(MACHINE) && !sourcesLeft.contains(each));
  }

  /** All values, by name. */
  public synchronized List<Value> values() {
    long now = nanoTime.getAsLong();
    SortedMap<String, Value> values = new TreeMap<>();
    sources.forEach(
        (source, entries) ->
            entries.forEach(
                (label, entry) -> {
                  String name = source.equals(MACHINE) ? label : source + "." + label;
                  Duration age = Duration.ofNanos(now - entry.at());
                  values.put(name, new Value(name, entry.value(), entry.unit(), age));
                }));
    return new ArrayList<>(values.values());
  }

  /** For {@code /counters}: name to value, unit and age. */
  public Map<String, Object> describe() {
    Map<String, Object> all = new LinkedHashMap<>();
    for (Value each : values()) {
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("value", each.value());
      one.put("unit", each.unit());
      one.put("age_ms", each.age().toMillis());
      all.put(each.name(), one);
    }
    return all;
  }
}

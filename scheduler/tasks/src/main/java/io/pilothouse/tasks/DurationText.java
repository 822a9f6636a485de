package io.pilothouse.tasks;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/** Durations as Mesos writes them: {@code 5secs}, {@code 15mins}, in the largest whole unit. */
final class DurationText {
  private static final Map<String, Duration> UNITS = new LinkedHashMap<>();

  static {
    UNITS.put("weeks", Duration.ofDays(7));
    UNITS.put("days", Duration.ofDays(1));
    UNITS.put("hrs", Duration.ofHours(1));
    UNITS.put("mins", Duration.ofMinutes(1));
    UNITS.put("secs", Duration.ofSeconds(1));
    UNITS.put("ms", Duration.ofMillis(1));
    UNITS.put("us", Duration.ofNanos(1000));
  }

  private DurationText() {}

  static String of(Duration duration) {
    long nanos = duration.toNanos();
    for (Map.Entry<String, Duration> each : UNITS.entrySet()) {
      long unit = each.getValue().toNanos();
      if (nanos >= unit && nanos % unit == 0) {
        return nanos / unit + each.getKey();
      }
    }
    return nanos + "ns";
  }
}

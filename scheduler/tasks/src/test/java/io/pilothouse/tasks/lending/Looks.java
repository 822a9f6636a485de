package io.pilothouse.tasks.lending;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * Looks at a machine whose tasks do what the test says: {@code a 2 0.5} has two processors and has
 * used half a one since the look before, {@code b +1.5 ?} was lent one and a half, and what it uses
 * cannot be measured; {@code c +1 0 ends} has been told to end.
 */
final class Looks {
  private static final double NANOS = 1e9;

  private final double setAside;
  private final Map<String, Double> used = new LinkedHashMap<>();
  private final Map<String, Long> born = new LinkedHashMap<>();
  private long now = Duration.ofDays(3).toNanos();
  Usage.Strain strain = Usage.Strain.UNKNOWN;

  Looks(double setAside) {
    this.setAside = setAside;
  }

  /** After so many seconds; tasks are separated by commas. */
  Usage after(double seconds, String tasks) {
    now += (long) (seconds * NANOS);
    List<Usage.Load> loads = new ArrayList<>();
    for (String each : tasks.split(",", -1)) {
      if (!each.isBlank()) {
        loads.add(load(seconds, each.strip().split(" +")));
      }
    }
    return new Usage(now, setAside, loads, strain);
  }

  private Usage.Load load(double seconds, String[] words) {
    String name = words[0];
    boolean isLent = words[1].startsWith("+");
    double cpus = Double.parseDouble(words[1]);
    boolean isMeasured = !words[2].equals("?");
    if (isMeasured) {
      used.merge(name, seconds * NANOS * Double.parseDouble(words[2]), Double::sum);
    }
    return new Usage.Load(
        name,
        isLent ? 0 : cpus,
        isLent ? cpus : 0,
        isMeasured ? OptionalLong.of(used.get(name).longValue()) : OptionalLong.empty(),
        Duration.ofNanos(now - born.computeIfAbsent(name, first -> now)),
        words.length > 3);
  }
}

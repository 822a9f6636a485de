package io.pilothouse.watchdog;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A counter from a plugin's performance data, {@code 'label'=value[UOM];warn;crit;min;max}
 * (monitoring-plugins development guidelines).
 *
 * @param unit none, s, ms, us, %, B, KB …, c; as written
 */
public record PerfData(String label, double value, String unit) {
  private static final Pattern ITEM =
      Pattern.compile(
          "(?:'((?:[^']|'')+)'|([^\\s='|]+))=(-?[0-9.]+(?:[eE][-+]?\\d+)?)([^;\\s]*)[^\\s]*");
  private static final int MOST = 200;

  /** All counters of a text; what does not look like one is left out. */
  static List<PerfData> parse(String text) {
    List<PerfData> found = new ArrayList<>();
    Matcher matcher = ITEM.matcher(text);
    while (matcher.find() && found.size() < MOST) {
      String quoted = matcher.group(1);
      String label = quoted == null ? matcher.group(2) : quoted.replace("''", "'");
      number(matcher.group(3))
          .ifPresent(value -> found.add(new PerfData(label, value, matcher.group(4))));
    }
    return List.copyOf(found);
  }

  /** Empty for what only looks like a number, such as 1.2.3. */
  private static Optional<Double> number(String text) {
    try {
      return Optional.of(Double.valueOf(text));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }
}

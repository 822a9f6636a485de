package io.pilothouse.manifests;

import io.pilothouse.manifests.BuiltInWatchdog.Arg;
import io.pilothouse.manifests.BuiltInWatchdog.Shape;
import io.pilothouse.manifests.pattern.Near;
import io.pilothouse.manifests.table.Units;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Arguments of a built-in watchdog, {@code key=value}, with the presets of those not given. */
public final class BuiltInArgs {
  private final Map<String, String> values;

  private BuiltInArgs(Map<String, String> values) {
    this.values = values;
  }

  /**
   * What is wrong with them; empty when nothing is. Each is a sentence that names the value.
   *
   * @param args as they are written
   */
  static List<String> problems(BuiltInWatchdog watchdog, List<String> args) {
    List<String> problems = new ArrayList<>();
    Map<String, String> seen = new TreeMap<>();
    for (String each : args) {
      int equals = each.indexOf('=');
      String key = equals < 0 ? each : each.substring(0, equals);
      String value = equals < 0 ? "" : each.substring(equals + 1);
      Optional<Arg> arg = watchdog.arg(key);
      if (arg.isEmpty()) {
        problems.add(unknown(watchdog, key));
      } else if (equals < 0 || !fits(arg.get().shape(), value)) {
        problems.add(
            "\"%s\" is not right for %s; write %s=VALUE with %s"
                .formatted(each, watchdog.name(), key, arg.get().shape().expected()));
      } else if (seen.put(key, value) != null) {
        problems.add(key + " is there twice");
      }
    }
    return problems;
  }

  private static String unknown(BuiltInWatchdog watchdog, String key) {
    List<String> keys = watchdog.args().stream().map(Arg::key).toList();
    return keys.isEmpty()
        ? "the built-in watchdog %s takes no arguments".formatted(watchdog.name())
        : "the built-in watchdog %s has no argument \"%s\"; it has %s%s"
            .formatted(watchdog.name(), key, String.join(", ", keys), Near.hint(key, keys));
  }

  private static boolean fits(Shape shape, String value) {
    return switch (shape) {
      case COUNT -> value.matches("[1-9][0-9]{0,8}");
      case NUMBER -> value.matches("[0-9]{1,9}([.][0-9]{1,9})?") && Double.parseDouble(value) > 0;
      case DURATION -> Units.parseDuration(value).filter(Duration::isPositive).isPresent();
      case SHARE ->
          value.matches("([0-9]{1,2}|100)([.][0-9]{1,4})?%")
              && Double.parseDouble(value.substring(0, value.length() - 1)) > 0;
      case TEXT -> !value.isBlank();
    };
  }

  /**
   * Reads them.
   *
   * @throws IllegalArgumentException when one is wrong, in words for a person
   */
  public static BuiltInArgs of(BuiltInWatchdog watchdog, List<String> args) {
    List<String> problems = problems(watchdog, args);
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(String.join("; ", problems));
    }
    Map<String, String> values = new TreeMap<>();
    watchdog.args().forEach(each -> values.put(each.key(), each.preset()));
    for (String each : args) {
      int equals = each.indexOf('=');
      values.put(each.substring(0, equals), each.substring(equals + 1));
    }
    return new BuiltInArgs(values);
  }

  /** A text; empty when it was not given and has no preset. */
  public String text(String key) {
    String value = values.get(key);
    if (value == null) {
      throw new IllegalArgumentException("there is no argument " + key);
    }
    return value;
  }

  public int count(String key) {
    return Integer.parseInt(text(key));
  }

  public double number(String key) {
    return Double.parseDouble(text(key));
  }

  public Duration duration(String key) {
    return Units.parseDuration(text(key)).orElseThrow();
  }

  /** A share as a fraction of 1. */
  public double share(String key) {
    String value = text(key);
    return Double.parseDouble(value.substring(0, value.length() - 1)) / 100;
  }
}

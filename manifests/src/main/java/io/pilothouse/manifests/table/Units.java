package io.pilothouse.manifests.table;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.api.v1.Limit;
import io.pilothouse.manifests.text.Node;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Values with a unit. A number without one is refused, with what was probably meant. */
public final class Units {
  private static final String DURATION = "[0-9]{1,9}(ms|s|m|h|d)";
  private static final String SHARE = "([0-9]{1,2}|100)([.][0-9]{1,4})?%";
  private static final String SIZE = "[0-9]{1,9}(B|KiB|MiB|GiB|TiB)";
  private static final Pattern DURATION_PARTS = Pattern.compile("([0-9]{1,9})(ms|s|m|h|d)");
  private static final Pattern SIZE_PARTS = Pattern.compile("([0-9]{1,9})(B|KiB|MiB|GiB|TiB)");
  private static final Duration LONGEST = Duration.ofDays(3650);

  private Units() {}

  /** A duration above zero. */
  public static Shape<Duration> duration() {
    return duration(Duration.ofMillis(1));
  }

  /** A duration that may be {@code 0s}. */
  public static Shape<Duration> durationOrZero() {
    return duration(Duration.ZERO);
  }

  private static Shape<Duration> duration(Duration least) {
    return Shapes.shape(
        () -> Shapes.pattern(DURATION),
        "90s",
        (node, reading) -> {
          Optional<Duration> value = scalar(node).flatMap(Units::parseDuration);
          if (value.isEmpty()) {
            String number = scalar(node).filter(each -> each.matches("[0-9]{1,9}")).orElse("");
            reading.wrong(
                node,
                "a duration; write a number and a unit, such as 500ms, 90s, 5m, 1h or 2d"
                    + (number.isEmpty() ? "" : " (did you mean \"" + number + "s\"?)"));
          } else if (value.get().compareTo(least) < 0) {
            reading.problem(node.place(), node.words() + " is too short: it must be above zero");
            return Optional.empty();
          } else if (value.get().compareTo(LONGEST) > 0) {
            reading.problem(node.place(), node.words() + " is too long: at most 3650d");
            return Optional.empty();
          }
          return value;
        });
  }

  /** {@code 500ms 90s 5m 1h 2d}, or empty. */
  public static Optional<Duration> parseDuration(String text) {
    Matcher matcher = DURATION_PARTS.matcher(text);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    long amount = Long.parseLong(matcher.group(1));
    return Optional.of(
        switch (matcher.group(2)) {
          case "ms" -> Duration.ofMillis(amount);
          case "s" -> Duration.ofSeconds(amount);
          case "m" -> Duration.ofMinutes(amount);
          case "h" -> Duration.ofHours(amount);
          default -> Duration.ofDays(amount);
        });
  }

  /** A share in percent, above 0 and at most 100. */
  public static Shape<Double> share() {
    return Shapes.shape(
        () -> Shapes.pattern(SHARE),
        "98%",
        (node, reading) -> {
          Optional<Double> value = scalar(node).flatMap(Units::parseShare);
          if (value.isEmpty()) {
            String number = scalar(node).filter(each -> each.matches("[0-9]{1,2}")).orElse("");
            reading.wrong(
                node,
                "a share above 0% and up to 100%; write for example 98%"
                    + (number.isEmpty() ? "" : " (did you mean \"" + number + "%\"?)"));
          }
          return value;
        });
  }

  private static Optional<Double> parseShare(String text) {
    if (!text.matches(SHARE)) {
      return Optional.empty();
    }
    double value = Double.parseDouble(text.substring(0, text.length() - 1));
    return value > 0 && value <= 100 ? Optional.of(value) : Optional.empty();
  }

  /** A number of machines, or a share of them. */
  public static Shape<Limit> limit() {
    return Shapes.shape(
        () -> {
          ObjectNode schema = Shapes.json();
          ArrayNode either = schema.putArray("anyOf");
          either.addObject().put("type", "integer").put("minimum", 1).put("maximum", 999_999_999);
          either.add(Shapes.pattern(SHARE));
          return schema;
        },
        "25%",
        (node, reading) -> {
          String text = scalar(node).orElse("");
          if (text.matches("[1-9][0-9]{0,8}")) {
            return Optional.of(Limit.newBuilder().setAbsolute(Integer.parseInt(text)).build());
          }
          Optional<Double> share = parseShare(text);
          if (share.isEmpty()) {
            reading.wrong(
                node, "a limit; write a number of machines from 1, or a share such as 10%");
          }
          return share.map(each -> Limit.newBuilder().setPercent(each).build());
        });
  }

  /** A size in bytes. */
  public static Shape<Long> size() {
    return Shapes.shape(
        () -> Shapes.pattern(SIZE),
        "512MiB",
        (node, reading) -> {
          Matcher matcher = SIZE_PARTS.matcher(scalar(node).orElse(""));
          if (matcher.matches()) {
            long amount = Long.parseLong(matcher.group(1));
            int shift = shift(matcher.group(2));
            if (amount > 0 && amount <= Long.MAX_VALUE >> shift) {
              return Optional.of(amount << shift);
            }
          }
          String hint =
              scalar(node)
                  .filter(each -> each.matches("[0-9]{1,9}[KMGT]i?B?"))
                  .map(each -> " (did you mean \"" + each.replaceAll("i?B?$", "") + "iB\"?)")
                  .orElse("");
          reading.wrong(node, "a size; write for example 64KiB, 512MiB or 2GiB" + hint);
          return Optional.empty();
        });
  }

  private static int shift(String unit) {
    return switch (unit) {
      case "KiB" -> 10;
      case "MiB" -> 20;
      case "GiB" -> 30;
      case "TiB" -> 40;
      default -> 0;
    };
  }

  /** {@code 64 MiB}: in the largest unit that needs no fraction. */
  public static String text(long bytes) {
    String unit = "B";
    long amount = bytes;
    for (String next : List.of("KiB", "MiB", "GiB", "TiB")) {
      if (amount == 0 || amount % 1024 != 0) {
        break;
      }
      amount /= 1024;
      unit = next;
    }
    return amount + " " + unit;
  }

  /** A number of processors, fractions allowed. */
  public static Shape<Double> cpus() {
    return Shapes.shape(
        () -> Shapes.json().put("type", "number").put("exclusiveMinimum", 0).put("maximum", 4096),
        "1.5",
        (node, reading) -> {
          Optional<Double> value =
              scalar(node)
                  .filter(each -> each.matches("[0-9]{1,4}([.][0-9]{1,3})?"))
                  .map(Double::parseDouble)
                  .filter(each -> each > 0 && each <= 4096);
          if (value.isEmpty()) {
            reading.wrong(node, "a number of processors; write for example 2 or 0.5");
          }
          return value;
        });
  }

  private static Optional<String> scalar(Node node) {
    return node instanceof Node.Scalar scalar ? Optional.of(scalar.text()) : Optional.empty();
  }
}

package io.pilothouse.scheduler.allocator.resources;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Resources as Mesos' flags and messages write them, {@code name(role):value} separated by
 * semicolons: a number, {@code [1-9,20-30]} or {@code {a,b}}. Of several roles in the parentheses
 * each refines the one before it; the first is configured, the others are dynamic.
 */
final class Parser {
  private static final Pattern LINE =
      Pattern.compile("([^():;]+?)\\s*(?:\\(([^()]*)\\))?\\s*:\\s*(.+)");
  private static final Pattern RANGE = Pattern.compile("\\s*(\\d{1,18})\\s*-\\s*(\\d{1,18})\\s*");

  /** No exponent: a number of a billion digits takes ten characters with one. */
  private static final Pattern NUMBER = Pattern.compile("\\d{1,15}(\\.\\d{1,9})?");

  private Parser() {}

  static Resources parse(String text) {
    List<Entry> entries = new ArrayList<>();
    for (String part : text.split(";", -1)) {
      String line = part.strip();
      if (line.isEmpty()) {
        continue;
      }
      Matcher found = LINE.matcher(line);
      if (!found.matches()) {
        throw wrong(line, "name:value or name(role):value");
      }
      Kind kind = Kind.of(found.group(1).strip());
      if (found.group(2) != null && !found.group(2).equals("*")) {
        kind = kind.reserved(reservations(found.group(2)));
      }
      entries.add(new Entry(kind, value(line, found.group(3).strip())));
    }
    return Resources.of(entries);
  }

  private static List<Reservation> reservations(String roles) {
    List<Reservation> stack = new ArrayList<>();
    for (String role : roles.split(",", -1)) {
      stack.add(new Reservation(role.strip(), !stack.isEmpty(), ""));
    }
    return stack;
  }

  private static Value value(String line, String text) {
    if (text.startsWith("[") && text.endsWith("]")) {
      List<Ranges.Range> ranges = new ArrayList<>();
      for (String range : words(text)) {
        Matcher found = RANGE.matcher(range);
        if (!found.matches()) {
          throw wrong(line, "ranges such as [1-9,20-30]");
        }
        ranges.add(
            new Ranges.Range(Long.parseLong(found.group(1)), Long.parseLong(found.group(2))));
      }
      return Ranges.of(ranges);
    }
    if (text.startsWith("{") && text.endsWith("}")) {
      return Value.Items.of(words(text));
    }
    if (!NUMBER.matcher(text).matches()) {
      throw wrong(line, "a number from 0 to 999999999999999, such as 0.5");
    }
    return new Value.Scalar(
        new BigDecimal(text).movePointRight(3).setScale(0, RoundingMode.HALF_UP).longValueExact());
  }

  private static List<String> words(String text) {
    List<String> words = new ArrayList<>();
    for (String word : text.substring(1, text.length() - 1).split(",", -1)) {
      if (!word.isBlank()) {
        words.add(word.strip());
      }
    }
    return words;
  }

  private static IllegalArgumentException wrong(String line, String expected) {
    return new IllegalArgumentException("resource '%s': expected %s".formatted(line, expected));
  }
}

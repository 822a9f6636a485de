package io.pilothouse.watchdog;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A counter from a plugin's performance data, {@code 'label'=value[UOM];warn;crit;min;max}
 * (monitoring-plugins development guidelines).
 *
 * @param unit none, s, ms, us, %, B, KB …, c; as written
 */
public record PerfData(String label, double value, String unit) {
  private static final int MOST = 200;

  /** The same in a base unit: seconds, bytes, ratio, total; others as they are. */
  public PerfData base() {
    return BaseUnits.of(this);
  }

  /**
   * All counters of a text; what does not look like one is left out. One pass by hand: on text that
   * a broken script made, a regular expression takes time by its square, or the stack.
   */
  static List<PerfData> parse(String text) {
    List<PerfData> found = new ArrayList<>();
    int at = 0;
    while (at < text.length() && found.size() < MOST) {
      if (isSpace(text.charAt(at))) {
        at++;
        continue;
      }
      StringBuilder label = new StringBuilder();
      int equals = label(text, at, label);
      int end = equals < 0 ? wordEnd(text, at) : wordEnd(text, equals);
      if (equals >= 0 && !label.isEmpty()) {
        counter(label.toString(), text.substring(equals + 1, end)).ifPresent(found::add);
      }
      at = Math.max(end, at + 1);
    }
    return List.copyOf(found);
  }

  /** Reads a label into {@code label}; the place of the {@code =} behind it, or -1. */
  private static int label(String text, int start, StringBuilder label) {
    boolean quoted = text.charAt(start) == '\'';
    int at = quoted ? start + 1 : start;
    while (at < text.length()) {
      char c = text.charAt(at);
      boolean doubled = quoted && c == '\'' && text.startsWith("''", at);
      if (quoted && c == '\'' && !doubled) {
        return text.startsWith("=", at + 1) ? at + 1 : -1;
      }
      if (!quoted && c == '=') {
        return at;
      }
      if (c == '\n' || (!quoted && isSpace(c))) {
        return -1;
      }
      label.append(c);
      at += doubled ? 2 : 1;
    }
    return -1;
  }

  private static int wordEnd(String text, int start) {
    int at = start;
    while (at < text.length() && !isSpace(text.charAt(at))) {
      at++;
    }
    return at;
  }

  private static boolean isSpace(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
  }

  /** Of {@code value[UOM];…}; empty for U (not known) and for what only looks like a number. */
  private static Optional<PerfData> counter(String label, String data) {
    int semicolon = data.indexOf(';');
    String quantity = semicolon < 0 ? data : data.substring(0, semicolon);
    int digits = 0;
    while (digits < quantity.length() && "+-.0123456789".indexOf(quantity.charAt(digits)) >= 0) {
      digits++;
    }
    int exponent = exponent(quantity, digits);
    try {
      double value = Double.parseDouble(quantity.substring(0, exponent));
      return Double.isFinite(value)
          ? Optional.of(new PerfData(label, value, quantity.substring(exponent)))
          : Optional.empty();
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  /** Where an exponent such as e-3 ends; {@code digits} when there is none. */
  private static int exponent(String quantity, int digits) {
    int at = digits;
    if (at >= quantity.length() || Character.toLowerCase(quantity.charAt(at)) != 'e') {
      return digits;
    }
    at++;
    if (at < quantity.length() && "+-".indexOf(quantity.charAt(at)) >= 0) {
      at++;
    }
    int first = at;
    while (at < quantity.length() && Character.isDigit(quantity.charAt(at))) {
      at++;
    }
    return at > first ? at : digits;
  }
}

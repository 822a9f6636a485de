package io.pilothouse.dm.backtest;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.format.DateTimeParseException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A time as people give it: RFC 3339, or how long ago. */
final class When {

  private static final Pattern AGO = Pattern.compile("([0-9]{1,9})(s|m|h|d)");

  private When() {}

  /** Milliseconds since the epoch. */
  static long parse(String flag, String text, InstantSource clock) throws BacktestException {
    Matcher ago = AGO.matcher(text);
    if (ago.matches()) {
      long count = Long.parseLong(ago.group(1));
      Duration back =
          switch (ago.group(2)) {
            case "s" -> Duration.ofSeconds(count);
            case "m" -> Duration.ofMinutes(count);
            case "h" -> Duration.ofHours(count);
            default -> Duration.ofDays(count);
          };
      return Math.max(0, clock.instant().minus(back).toEpochMilli());
    }
    try {
      return Instant.parse(text).toEpochMilli();
    } catch (DateTimeParseException e) {
      throw new BacktestException(
          BacktestException.USAGE,
          "USAGE",
          "%s is '%s', which is no time".formatted(flag, text),
          "write for example 24h (ago) or 2026-03-01T08:00:00Z");
    }
  }
}

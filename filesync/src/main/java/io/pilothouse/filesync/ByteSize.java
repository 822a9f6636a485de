package io.pilothouse.filesync;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A number of bytes as people write it: {@code 200MiB}, {@code 50 MB}, {@code 1048576}. */
public final class ByteSize {
  private static final Pattern TEXT = Pattern.compile("(\\d{1,15}) ?([A-Za-z]*)");
  private static final Map<String, Long> UNITS =
      Map.of(
          "", 1L,
          "B", 1L,
          "kB", 1_000L,
          "KB", 1_000L,
          "MB", 1_000_000L,
          "GB", 1_000_000_000L,
          "KiB", 1L << 10,
          "MiB", 1L << 20,
          "GiB", 1L << 30);

  private ByteSize() {}

  /** Reads a positive number of bytes. */
  public static long parse(String text) {
    Matcher matcher = TEXT.matcher(text.strip());
    Long unit = matcher.matches() ? UNITS.get(matcher.group(2)) : null;
    if (unit != null) {
      long number = Long.parseLong(matcher.group(1));
      if (number > 0 && number <= Long.MAX_VALUE / unit) {
        return number * unit;
      }
    }
    throw new IllegalArgumentException(
        "'%s' is not a number of bytes: write a whole number above 0 and B, KiB, MiB, GiB, kB, MB or"
                .formatted(text)
            + " GB, for example 200MiB");
  }
}

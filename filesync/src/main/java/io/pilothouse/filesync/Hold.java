package io.pilothouse.filesync;

import java.time.Duration;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How long a request may be held by a machine that has what is asked for on its way, or too much to
 * do: whoever comes back to look instead learns of it late, and costs both of them a request each
 * time. Named in a header, so that those who do not know it answer at once, as ever.
 */
public final class Hold {
  /** Milliseconds that the request may be held. */
  public static final String HEADER = "Pilot-Hold";

  /** Whatever the header says: well below the time in which a neighbour must say something. */
  public static final Duration LONGEST = Duration.ofSeconds(1);

  private static final Pattern MILLIS = Pattern.compile("\\d{1,9}");

  private Hold() {}

  /** As the header has it. */
  public static String text(Duration hold) {
    return Long.toString(hold.toMillis());
  }

  /** Of a header, if there is one; what nobody understands is no hold. */
  public static Duration of(@Nullable String header) {
    if (header == null || !MILLIS.matcher(header).matches()) {
      return Duration.ZERO;
    }
    Duration asked = Duration.ofMillis(Long.parseLong(header));
    return asked.compareTo(LONGEST) < 0 ? asked : LONGEST;
  }
}

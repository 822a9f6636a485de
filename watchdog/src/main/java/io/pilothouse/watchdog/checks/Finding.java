package io.pilothouse.watchdog.checks;

import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.watchdog.PerfData;
import java.util.List;

/**
 * What a look came to.
 *
 * @param fault code of an ERROR, else empty
 * @param counters measured on the way
 */
public record Finding(VerdictKind kind, String fault, String text, List<PerfData> counters) {

  private static final int LONGEST = 2_000;

  public Finding {
    // a mount, a disk or a line of the kernel's log may be called anything
    String cut = text.length() > LONGEST ? text.substring(0, LONGEST) + " ..." : text;
    text = cut.replaceAll("\\p{Cc}", " ");
    counters = List.copyOf(counters);
  }

  public static Finding ok(String text) {
    return new Finding(VerdictKind.OK, "", text, List.of());
  }

  public static Finding warning(String text) {
    return new Finding(VerdictKind.WARNING, "", text, List.of());
  }

  public static Finding error(String fault, String text) {
    return new Finding(VerdictKind.ERROR, fault, text, List.of());
  }

  public static Finding unknown(String text) {
    return new Finding(VerdictKind.UNKNOWN, "", text, List.of());
  }

  public Finding with(List<PerfData> measured) {
    return new Finding(kind, fault, text, measured);
  }

  /** The worse of both: ERROR, WARNING, UNKNOWN, OK; the first of equals. */
  static Finding worst(List<Finding> findings, Finding otherwise) {
    Finding worst = otherwise;
    for (Finding each : findings) {
      if (rank(each) > rank(worst)) {
        worst = each;
      }
    }
    return worst;
  }

  private static int rank(Finding finding) {
    return switch (finding.kind()) {
      case ERROR -> 3;
      case WARNING -> 2;
      case UNKNOWN -> 1;
      case OK, VERDICT_UNSPECIFIED, UNRECOGNIZED -> 0;
    };
  }
}

package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.VersionRef;

/** How values read in the sentences that people see. */
final class Texts {
  private Texts() {}

  /** A span as policies write it: {@code 72h}, {@code 5m}, {@code 20s}. */
  static String span(long millis) {
    if (millis % 3_600_000 == 0 && millis > 0) {
      return millis / 3_600_000 + "h";
    }
    if (millis % 60_000 == 0 && millis > 0) {
      return millis / 60_000 + "m";
    }
    return millis % 1000 == 0 ? millis / 1000 + "s" : millis + "ms";
  }

  /** Time gone by, for people: {@code 1m 12s}. Whole seconds, but for less than ten of them. */
  static String elapsed(long millis) {
    if (millis < 10_000) {
      return span(millis);
    }
    long seconds = millis / 1000;
    StringBuilder text = new StringBuilder();
    String[] units = {"d", "h", "m", "s"};
    long[] sizes = {86_400, 3600, 60, 1};
    for (int i = 0; i < units.length; i++) {
      if (seconds >= sizes[i]) {
        text.append(text.isEmpty() ? "" : " ").append(seconds / sizes[i]).append(units[i]);
        seconds %= sizes[i];
      }
    }
    return text.toString();
  }

  /** A size for people: {@code 512 B}, {@code 1.5 GiB}; rounded down. */
  static String bytes(long bytes) {
    String[] units = {"B", "KiB", "MiB", "GiB", "TiB"};
    int unit = 0;
    while (unit < units.length - 1 && bytes >> (10 * (unit + 1)) > 0) {
      unit++;
    }
    long size = 1L << (10 * unit);
    long tenths = unit == 0 ? 0 : bytes % size * 10 / size;
    return bytes / size + (tenths == 0 ? "" : "." + tenths) + " " + units[unit];
  }

  /** A repair's state as people see it: what the enumeration had to prefix is a drain. */
  static String state(Repair.State state) {
    return state == Repair.State.REPAIR_DRAINING ? "DRAINING" : state.name();
  }

  static String action(Action action) {
    return switch (action) {
      case DO_NOTHING -> "DoNothing";
      case REBOOT -> "Reboot";
      case RE_IMAGE -> "ReImage";
      case REPLACE -> "Replace";
      case ESCALATE -> "Escalate";
      case ACTION_UNSPECIFIED, UNRECOGNIZED -> "no action";
    };
  }

  /** {@code web@1.0.0}, or {@code nothing}. */
  static String ref(VersionRef ref) {
    return ref.getName().isEmpty() ? "nothing" : ref.getName() + "@" + ref.getVersion();
  }

  static String machine(String name) {
    return "machine/" + name;
  }
}

package io.pilothouse.dm.state;

import io.pilothouse.api.v1.MaintenanceWindow;
import java.util.List;

/**
 * Maintenance windows: spans of the week in UTC, reckoned from the log's time alone. No window at
 * all means that it is always open.
 */
final class Windows {
  private static final long MINUTE = 60_000;
  private static final int DAY_MINUTES = 24 * 60;
  private static final long DAY = DAY_MINUTES * MINUTE;
  private static final List<String> WEEK = List.of("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun");

  private Windows() {}

  static boolean isOpen(List<MaintenanceWindow> windows, long at) {
    return windows.isEmpty() || windows.stream().anyMatch(each -> isOpen(each, at));
  }

  private static boolean isOpen(MaintenanceWindow window, long at) {
    long today = Math.floorDiv(at, DAY);
    // one that began yesterday may go over midnight
    for (long day = today - 1; day <= today; day++) {
      long from = day * DAY + window.getFromMinute() * MINUTE;
      if (isOn(window, day) && at >= from && at < from + length(window)) {
        return true;
      }
    }
    return false;
  }

  /** When the next one opens, after {@code at}; windows must not be empty. */
  static long next(List<MaintenanceWindow> windows, long at) {
    long next = Long.MAX_VALUE;
    long today = Math.floorDiv(at, DAY);
    for (MaintenanceWindow window : windows) {
      for (long day = today; day <= today + WEEK.size(); day++) {
        long from = day * DAY + window.getFromMinute() * MINUTE;
        if (isOn(window, day) && from > at) {
          next = Math.min(next, from);
        }
      }
    }
    return next;
  }

  private static long length(MaintenanceWindow window) {
    int minutes = window.getToMinute() - window.getFromMinute();
    return (minutes > 0 ? minutes : minutes + DAY_MINUTES) * MINUTE;
  }

  private static boolean isOn(MaintenanceWindow window, long epochDay) {
    return window.getDays() == 0 || (window.getDays() & (1 << weekday(epochDay))) != 0;
  }

  /** 0 = Monday; the epoch began on a Thursday. */
  private static int weekday(long epochDay) {
    return (int) Math.floorMod(epochDay + 3, 7L);
  }

  /** A time within the week: {@code Mon 02:00Z}. */
  static String words(long at) {
    long minute = Math.floorMod(at, DAY) / MINUTE;
    return "%s %s%s:%s%sZ"
        .formatted(
            WEEK.get(weekday(Math.floorDiv(at, DAY))),
            minute / 600,
            minute / 60 % 10,
            minute % 60 / 10,
            minute % 10);
  }
}

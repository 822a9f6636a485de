package io.pilothouse.manifests.writing;

import io.pilothouse.api.v1.MaintenanceWindow;
import io.pilothouse.api.v1.RolloutPolicy;
import io.pilothouse.manifests.policy.RuleWords;
import java.util.ArrayList;
import java.util.List;

/** How a version reaches machines. */
final class RolloutPolicyText {
  private static final List<String> WEEK = List.of("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun");

  private RolloutPolicyText() {}

  static Document of(RolloutPolicy policy) {
    Document document =
        Document.of("RolloutPolicy")
            .text("name", policy.getName())
            .share("staged-share", policy.getStagedShare())
            .limit("max-unavailable", policy.getMaxUnavailable())
            .share("success-share", policy.getSuccessShare())
            .duration("deadline", policy.getDeadlineMs())
            .duration("soak", policy.getSoakMs())
            .text("on-failure", Words.of(policy.getOnFailure()));
    if (policy.getPaceMachines() != 0) {
      document.unit(
          "max-pace",
          "%s per %s".formatted(policy.getPaceMachines(), RuleWords.span(policy.getPaceMs())));
    }
    return document
        .texts("windows", policy.getWindowsList().stream().map(RolloutPolicyText::window).toList())
        .texts("first", policy.getFirstList());
  }

  /** {@code Mon-Fri 02:00-05:00}. */
  private static String window(MaintenanceWindow window) {
    String clocks = clock(window.getFromMinute()) + "-" + clock(window.getToMinute());
    return window.getDays() == 0 ? clocks : days(window.getDays()) + " " + clocks;
  }

  private static String days(int bits) {
    List<String> ranges = new ArrayList<>();
    for (int day = 0; day < WEEK.size(); day++) {
      int first = day;
      while (day < WEEK.size() && (bits >> day & 1) == 1) {
        day++;
      }
      if (day - first == 1) {
        ranges.add(WEEK.get(first));
      } else if (day > first) {
        ranges.add(WEEK.get(first) + "-" + WEEK.get(day - 1));
      }
    }
    return String.join(",", ranges);
  }

  private static String clock(int minute) {
    return "%s:%s".formatted(two(minute / 60), two(minute % 60));
  }

  private static String two(int number) {
    return number < 10 ? "0" + number : Integer.toString(number);
  }
}

package io.pilothouse.dm.state;

import io.pilothouse.api.v1.MaintenanceWindow;
import io.pilothouse.api.v1.RolloutPolicy;
import io.pilothouse.manifests.pattern.MachinePattern;
import java.util.ArrayList;
import java.util.List;

/** Whether pace, windows and canary of a rollout policy can be meant. */
final class RolloutCheck {
  private static final int DAY_MINUTES = 24 * 60;
  private static final int ALL_DAYS = 0b111_1111;

  private RolloutCheck() {}

  /** All problems at once; empty when there is none. */
  static List<String> problems(RolloutPolicy policy) {
    String of = "rollout policy " + policy.getName();
    List<String> problems = new ArrayList<>();
    if ((policy.getPaceMachines() > 0) != (policy.getPaceMs() > 0)) {
      problems.add(of + ": a pace needs both a number of machines and a span");
    }
    for (MaintenanceWindow window : policy.getWindowsList()) {
      boolean exists =
          window.getFromMinute() < DAY_MINUTES
              && window.getToMinute() < DAY_MINUTES
              && window.getDays() <= ALL_DAYS;
      if (!exists) {
        problems.add(
            "%s: no day has a window from minute %s to minute %s of the days %s"
                .formatted(of, window.getFromMinute(), window.getToMinute(), window.getDays()));
      }
    }
    for (String first : policy.getFirstList()) {
      if (MachinePattern.parse(first) instanceof MachinePattern.Parsed.Bad bad) {
        problems.add("%s: \"%s\" %s".formatted(of, first, bad.why()));
      }
    }
    return problems;
  }
}

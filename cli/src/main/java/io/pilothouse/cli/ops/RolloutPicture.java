package io.pilothouse.cli.ops;

import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutUnit;
import io.pilothouse.cli.Names;
import java.util.ArrayList;
import java.util.List;

/**
 * A rollout as a picture: a bar a unit, of machines that are healthy on the version, that failed on
 * it, and that are still to come.
 *
 * @param width columns that there are
 * @param color whether bars may be coloured; their characters tell the same
 */
record RolloutPicture(int width, boolean color) {
  private static final int BAR = 30;
  private static final int LEAST_BAR = 8;
  private static final String GREEN = "\033[32m";
  private static final String RED = "\033[31m";
  private static final String PLAIN = "\033[0m";

  /** Lines without their ends; no longer than the terminal is wide, where that is known. */
  List<String> lines(Rollout rollout) {
    List<String> lines = new ArrayList<>();
    lines.add(
        "%s  %s → %s  %s"
            .formatted(
                rollout.getId(),
                rollout.getType(),
                Names.ref(rollout.getTo()),
                rollout.getState()));
    int names =
        rollout.getUnitsList().stream().mapToInt(each -> each.getName().length()).max().orElse(0);
    int bar = Math.max(LEAST_BAR, Math.min(BAR, width - names - 40));
    for (RolloutUnit unit : rollout.getUnitsList()) {
      String failed = unit.getFailedCount() == 0 ? "" : ", " + unit.getFailedCount() + " failed";
      lines.add(
          "  %s  %s  %s of %s healthy%s  %s"
              .formatted(
                  pad(unit.getName(), names),
                  bar(unit, bar),
                  unit.getHealthy(),
                  unit.getMachines(),
                  failed,
                  RolloutView.state(unit)));
    }
    if (!rollout.getWaitingFor().isEmpty() && !RolloutView.ended(rollout)) {
      lines.add("waiting for " + rollout.getWaitingFor());
    }
    String reason = RolloutView.reason(rollout);
    if (!reason.isEmpty()) {
      lines.add("reason: " + reason);
    }
    if (rollout.getWaitUntil() != 0 && !RolloutView.ended(rollout)) {
      lines.add("its policy lets it go on " + Names.when(rollout.getWaitUntil()));
    }
    if (rollout.getDeadline() != 0 && !RolloutView.ended(rollout)) {
      lines.add("the unit's deadline: " + Names.when(rollout.getDeadline()));
    }
    return lines;
  }

  /** The lines in one text. */
  String text(Rollout rollout) {
    return String.join("\n", lines(rollout));
  }

  private String bar(RolloutUnit unit, int length) {
    int all = Math.max(unit.getMachines(), unit.getHealthy() + unit.getFailedCount());
    int healthy = share(unit.getHealthy(), all, length);
    // one machine that failed among thousands is worth a character
    int failed =
        unit.getFailedCount() == 0
            ? 0
            : Math.min(length, Math.max(1, share(unit.getFailedCount(), all, length)));
    healthy = Math.min(healthy, length - failed);
    return paint(GREEN, "█".repeat(healthy))
        + paint(RED, "x".repeat(failed))
        + "░".repeat(length - healthy - failed);
  }

  private String paint(String ink, String text) {
    return color && !text.isEmpty() ? ink + text + PLAIN : text;
  }

  private static int share(int part, int all, int length) {
    return all == 0 ? 0 : (int) ((long) length * part / all);
  }

  private static String pad(String text, int length) {
    return text + " ".repeat(length - text.length());
  }
}

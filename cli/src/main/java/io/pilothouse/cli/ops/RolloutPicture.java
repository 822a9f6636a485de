package io.pilothouse.cli.ops;

import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutUnit;
import io.pilothouse.cli.Names;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

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

  /** Lines without their ends, of all units. */
  List<String> lines(Rollout rollout) {
    List<String> lines = new ArrayList<>();
    lines.add(head(rollout));
    lines.addAll(units(rollout, Integer.MAX_VALUE));
    lines.addAll(notes(rollout));
    return lines;
  }

  /**
   * As much of it as fits: units around the current one, the others counted.
   *
   * @param more lines below
   * @param rows that there are
   */
  List<String> lines(Rollout rollout, List<String> more, int rows) {
    List<String> notes = new ArrayList<>(notes(rollout));
    notes.addAll(more);
    List<String> below = LiveLines.first(LiveLines.rows(notes, width), Math.max(1, rows / 2));
    List<String> lines = new ArrayList<>();
    lines.add(head(rollout));
    lines.addAll(units(rollout, rows - 1 - below.size()));
    lines.addAll(below);
    return lines;
  }

  private static String head(Rollout rollout) {
    return "%s  %s %s %s  %s"
        .formatted(
            rollout.getId(),
            rollout.getType(),
            or("→", "->"),
            Names.ref(rollout.getTo()),
            rollout.getState());
  }

  /** The other one where the terminal's characters do not have the first. */
  private static String or(String drawn, String plain) {
    return System.out.charset().newEncoder().canEncode(drawn) ? drawn : plain;
  }

  private List<String> units(Rollout rollout, int most) {
    List<RolloutUnit> all = rollout.getUnitsList();
    if (all.size() <= most) {
      return bars(all, all);
    }
    int shown = Math.max(1, most - 2);
    int from = Math.clamp(rollout.getCurrent() - shown / 2, 0, all.size() - shown);
    List<String> lines = new ArrayList<>();
    lines.addAll(counted(all.subList(0, from), "before"));
    lines.addAll(bars(all.subList(from, from + shown), all));
    lines.addAll(counted(all.subList(from + shown, all.size()), "after"));
    return lines;
  }

  /** {@code 12 units before: 11 PASSED, 1 SKIPPED}. */
  private static List<String> counted(List<RolloutUnit> units, String where) {
    Map<String, Long> states =
        units.stream()
            .collect(
                Collectors.groupingBy(RolloutView::state, TreeMap::new, Collectors.counting()));
    String counts =
        states.entrySet().stream()
            .map(each -> each.getValue() + " " + each.getKey())
            .collect(Collectors.joining(", "));
    return units.isEmpty()
        ? List.of()
        : List.of(
            "  %s %s: %s"
                .formatted(units.size() == 1 ? "1 unit" : units.size() + " units", where, counts));
  }

  private List<String> bars(List<RolloutUnit> units, List<RolloutUnit> all) {
    int names = all.stream().mapToInt(each -> each.getName().length()).max().orElse(0);
    int bar = Math.max(LEAST_BAR, Math.min(BAR, width - names - 40));
    List<String> lines = new ArrayList<>();
    for (RolloutUnit unit : units) {
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
    return lines;
  }

  private static List<String> notes(Rollout rollout) {
    List<String> lines = new ArrayList<>();
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
    return paint(GREEN, or("█", "#").repeat(healthy))
        + paint(RED, "x".repeat(failed))
        + or("░", ".").repeat(length - healthy - failed);
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

package io.pilothouse.cli.fleet;

import io.pilothouse.api.v1.FleetChange;
import java.util.List;

/** Differences as people read them: a sign, an object, its fields below; many alike are counted. */
final class ChangeLines {
  /** So many in a row that differ in their names only are all shown. */
  private static final int ALL = 50;

  private static final int FIRST = 10;

  private ChangeLines() {}

  static String of(List<FleetChange> changes) {
    StringBuilder text = new StringBuilder();
    int from = 0;
    while (from < changes.size()) {
      int to = from + 1;
      while (to < changes.size() && isAlike(changes.get(from), changes.get(to))) {
        to++;
      }
      run(changes.subList(from, to), text);
      from = to;
    }
    return text.toString();
  }

  private static void run(List<FleetChange> alike, StringBuilder text) {
    if (alike.size() <= ALL) {
      alike.forEach(each -> whole(each, text));
      return;
    }
    alike.subList(0, FIRST).forEach(each -> whole(each, text));
    FleetChange last = alike.getLast();
    text.append(sign(last.getVerb()))
        .append(" … and %d more like these".formatted(alike.size() - FIRST - 1))
        .append(" (every name: pilot plan -o name)\n");
    whole(last, text);
  }

  private static boolean isAlike(FleetChange one, FleetChange other) {
    return one.getVerb().equals(other.getVerb())
        && one.getEffect().equals(other.getEffect())
        && kind(one).equals(kind(other))
        && one.getLinesList().equals(other.getLinesList());
  }

  private static String kind(FleetChange change) {
    String object = change.getObject();
    return object.substring(0, object.indexOf('/') + 1);
  }

  private static void whole(FleetChange change, StringBuilder text) {
    text.append(sign(change.getVerb())).append(' ').append(change.getObject());
    if (!change.getEffect().isEmpty()) {
      text.append("  (").append(change.getEffect()).append(')');
    }
    text.append('\n');
    change.getLinesList().forEach(each -> text.append("    ").append(each).append('\n'));
  }

  private static String sign(String verb) {
    return switch (verb) {
      case "add" -> "+";
      case "remove" -> "-";
      default -> "~";
    };
  }
}

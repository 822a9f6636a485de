package io.pilothouse.manifests.policy;

import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.HistoryCount;
import io.pilothouse.api.v1.PastAction;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Counts over a machine's past. */
final class History {
  /** Every kind of action there is. */
  static final List<Action> ACTIONS =
      List.of(Action.DO_NOTHING, Action.REBOOT, Action.RE_IMAGE, Action.REPLACE, Action.ESCALATE);

  private History() {}

  /** The kinds of actions that it counts. */
  static Set<Action> kinds(HistoryCount count) {
    Set<Action> kinds = new TreeSet<>(ACTIONS);
    kinds.removeIf(each -> !counts(count, each));
    return kinds;
  }

  /** How many there are. */
  static int of(HistoryCount count, FailureCase failure) {
    int found = 0;
    for (int i = failure.past().size() - 1; i >= 0; i--) {
      PastAction each = failure.past().get(i);
      boolean counts = counts(count, each.getAction()) && isWithin(count, each, failure.now());
      if (counts) {
        found++;
      } else if (count.getWhat() == HistoryCount.What.IN_A_ROW) {
        return found;
      }
    }
    return found;
  }

  private static boolean counts(HistoryCount count, Action action) {
    if (count.getWhat() == HistoryCount.What.FAILURES) {
      return true;
    }
    return count.getOfCount() == 0
        ? action != Action.DO_NOTHING
        : count.getOfList().contains(action);
  }

  private static boolean isWithin(HistoryCount count, PastAction past, long now) {
    return count.getWithinMs() == 0 || past.getAt() > now - count.getWithinMs();
  }
}

package io.pilothouse.manifests.policy;

import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.HistoryCount;
import io.pilothouse.api.v1.PolicyRule;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * What is known of a history that is not empty: bounds of counts, and for how long it was quiet.
 * Says "certainly" or "do not know", never a wrong "certainly".
 */
final class Facts {

  /**
   * A count and its bounds, both included.
   *
   * @param row whether only the newest, unbroken ones count
   * @param withinMs 0 = all
   */
  private record Bound(boolean row, Set<Action> kinds, long withinMs, int least, int most) {

    static Bound of(HistoryCount count) {
      return new Bound(
          count.getWhat() == HistoryCount.What.IN_A_ROW,
          History.kinds(count),
          count.getWithinMs(),
          count.getAtLeast(),
          count.getBelow() == 0 ? Integer.MAX_VALUE : count.getBelow() - 1);
    }

    /** Whether whatever it counts, the other counts, too. */
    boolean isPartOf(Bound other) {
      boolean shorter = other.withinMs == 0 || (withinMs > 0 && withinMs <= other.withinMs);
      return shorter && other.kinds.containsAll(kinds) && (row || !other.row);
    }
  }

  private final List<Bound> bounds = new ArrayList<>();
  private long quietMs;

  /** Of a history whose last action was of this kind. */
  Facts(Action last) {
    Set<Action> only = new TreeSet<>(Set.of(last));
    Set<Action> others = new TreeSet<>(History.ACTIONS);
    others.remove(last);
    bounds.add(new Bound(true, only, 0, 1, Integer.MAX_VALUE));
    bounds.add(new Bound(true, others, 0, 0, 0));
    bounds.add(new Bound(false, new TreeSet<>(History.ACTIONS), 0, 1, FailureCase.PAST_KEPT));
  }

  /** And the rule's conditions on the history hold. */
  Facts with(PolicyRule rule) {
    rule.getCountsList().forEach(each -> bounds.add(Bound.of(each)));
    quietMs = Math.max(quietMs, rule.getQuietForMs());
    return this;
  }

  /** Whether no history is so. */
  boolean areImpossible() {
    for (Bound part : bounds) {
      if (part.least() > 0 && isSilent(part)) {
        return true;
      }
      for (Bound whole : bounds) {
        if (part.isPartOf(whole) && part.least() > whole.most()) {
          return true;
        }
      }
    }
    return false;
  }

  /** Whether the rule's conditions on the history hold in every such history. */
  boolean imply(PolicyRule rule) {
    return quietMs >= rule.getQuietForMs()
        && rule.getCountsList().stream().map(Bound::of).allMatch(this::implies);
  }

  private boolean implies(Bound wanted) {
    boolean enough =
        wanted.least() == 0
            || bounds.stream()
                .anyMatch(each -> each.isPartOf(wanted) && each.least() >= wanted.least());
    boolean few =
        wanted.most() >= FailureCase.PAST_KEPT
            || isSilent(wanted)
            || bounds.stream()
                .anyMatch(each -> wanted.isPartOf(each) && each.most() <= wanted.most());
    return enough && few;
  }

  /** Nothing was done since before its window. */
  private boolean isSilent(Bound bound) {
    return bound.withinMs() > 0 && bound.withinMs() <= quietMs;
  }
}

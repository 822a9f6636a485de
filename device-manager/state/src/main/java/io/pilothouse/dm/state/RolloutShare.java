package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Rollout;
import java.util.Comparator;
import java.util.List;

/**
 * How rollouts of different types share the fleet's budget when several are switching machines: who
 * has fewest away comes first, and nobody takes more of the room at once than an equal part.
 */
final class RolloutShare {

  private RolloutShare() {}

  /** In the order of their turn. */
  static List<Rollout> inTurn(Entities state, List<Rollout> open) {
    return open.stream()
        .sorted(
            Comparator.comparingInt((Rollout each) -> bound(state, each))
                .thenComparingLong(Rollout::getOrder))
        .toList();
  }

  private static int bound(Entities state, Rollout rollout) {
    return state.indexes().standings.bound(rollout.getId()).size();
  }

  /** How many machines a rollout may take in this turn; others have theirs, then it comes again. */
  static int of(Entities state, Rollout.Builder rollout) {
    long others =
        state.indexes().rollouts.open(state).stream()
            .filter(each -> each.getState() == Rollout.State.ACTIVATING)
            .filter(each -> !each.getId().equals(rollout.getId()))
            .count();
    if (others == 0) {
      return Integer.MAX_VALUE;
    }
    Budget.Usage fleet = Budget.usage(state, Domains.FLEET);
    int room = Math.max(1, fleet.limit() - fleet.taken() - fleet.lost());
    return (int) Math.ceilDiv((long) room, others + 1);
  }
}

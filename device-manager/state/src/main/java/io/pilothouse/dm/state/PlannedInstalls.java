package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutPolicy;
import io.pilothouse.api.v1.RolloutUnit;
import io.pilothouse.api.v1.Thing;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * When rollouts of images that go on will take machines of a type, at the earliest: with a
 * Probation and a soak for each unit before, and within their windows. Other rollouts leave tasks
 * alone. Changes with the state of rollouts, not with time.
 */
final class PlannedInstalls {

  /**
   * Of one rollout.
   *
   * @param units by scale unit, of those that are still to come
   * @param canary by machine
   */
  private record Plan(Rollout rollout, Map<String, Long> units, Map<String, Long> canary) {
    long at(Machine machine) {
      boolean has =
          Things.wants(machine, rollout)
              || Things.observed(machine, Thing.THING_IMAGE).equals(rollout.getTo());
      return has
          ? 0
          : canary.getOrDefault(machine.getName(), units.getOrDefault(machine.getScaleUnit(), 0L));
    }
  }

  private final List<Plan> plans = new ArrayList<>();

  /**
   * Of one type.
   *
   * @param quietMs of a Probation
   */
  PlannedInstalls(Entities state, String type, long quietMs) {
    for (Rollout rollout : state.indexes().rollouts.ofType(state, type)) {
      if (rollout.getThing() == Thing.THING_IMAGE) {
        add(rollout, quietMs);
      }
    }
  }

  private void add(Rollout rollout, long quietMs) {
    RolloutPolicy policy = rollout.getPolicy();
    long at =
        switch (rollout.getState()) {
          case PLANNED, STAGING -> rollout.getSince();
          case ACTIVATING, VERIFYING -> Math.max(rollout.getSince(), rollout.getWaitUntil());
          case SOAKING -> rollout.getSince() + policy.getSoakMs();
          // nobody knows when it goes on, or it is over
          case PAUSED, ROLLING_BACK, COMPLETED, ROLLED_BACK, ABORTED -> 0;
          case STATE_UNSPECIFIED, UNRECOGNIZED -> 0;
        };
    if (at == 0) {
      return;
    }
    Plan plan = new Plan(rollout, new TreeMap<>(), new TreeMap<>());
    for (RolloutUnit unit :
        rollout.getUnitsList().subList(rollout.getCurrent(), rollout.getUnitsCount())) {
      if (unit.getState() != RolloutUnit.State.SKIPPED
          && unit.getState() != RolloutUnit.State.PASSED) {
        long from =
            Windows.isOpen(policy.getWindowsList(), at)
                ? at
                : Windows.next(policy.getWindowsList(), at);
        unit.getMembersList().forEach(each -> plan.canary().put(each, from));
        if (!RolloutCanary.is(unit)) {
          plan.units().put(unit.getName(), from);
        }
        at = from + quietMs + policy.getSoakMs();
      }
    }
    plans.add(plan);
  }

  /** In milliseconds since the epoch, also before now; 0 = none will. */
  long at(Machine machine) {
    return plans.stream()
        .mapToLong(each -> each.at(machine))
        .filter(each -> each > 0)
        .min()
        .orElse(0);
  }
}

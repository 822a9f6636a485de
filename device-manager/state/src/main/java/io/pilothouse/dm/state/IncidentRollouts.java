package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Incident;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutOrBuilder;
import io.pilothouse.api.v1.RolloutUnit;
import java.util.ArrayList;
import java.util.List;

/**
 * Incidents and rollouts: one of a version is laid at the door of the rollout that brought it. All
 * others excuse their machines, so that no version is blamed for a rack without power, or for the
 * version of another thing.
 */
final class IncidentRollouts {

  private IncidentRollouts() {}

  /** Whether the machine's error has a cause that the rollout did not bring. */
  static boolean isExcused(Entities state, RolloutOrBuilder rollout, Machine machine) {
    return !machine.getIncidentId().isEmpty()
        && state.incident(machine.getIncidentId()).filter(each -> !isOf(each, rollout)).isPresent();
  }

  /** Whether it is about the version that the rollout brings. */
  static boolean isOf(Incident incident, RolloutOrBuilder rollout) {
    return Dimension.ofWord(incident.getDimension())
            .thing()
            .filter(each -> each == rollout.getThing())
            .isPresent()
        && incident.getValue().equals(Texts.ref(rollout.getTo()));
  }

  /** Takes an excused machine off the list of those that failed on a rollout's version. */
  static void excuse(Draft draft, String name) {
    Machine machine = draft.machine(name).orElseThrow();
    draft
        .rollout(machine.getRolloutId())
        .filter(each -> isExcused(draft, each, machine))
        .ifPresent(each -> excuse(draft, each, name));
  }

  private static void excuse(Draft draft, Rollout rollout, String name) {
    Rollout.Builder next = rollout.toBuilder();
    for (int i = 0; i < next.getUnitsCount(); i++) {
      RolloutUnit unit = next.getUnits(i);
      if (unit.getFailedList().contains(name)) {
        List<String> failed = unit.getFailedList().stream().filter(e -> !e.equals(name)).toList();
        next.setUnits(i, unit.toBuilder().clearFailed().addAllFailed(failed));
      }
    }
    draft.put(next.build());
  }

  /** Pauses or rolls back, as its policy says, the open rollout that brought the version. */
  static void blame(Draft draft, Incident incident) {
    List<String> blamed = new ArrayList<>();
    for (Rollout rollout : List.copyOf(draft.rollouts())) {
      if (isOf(incident, rollout) && isUnderway(rollout)) {
        Rollout.Builder next = rollout.toBuilder();
        String why = "incident %s: %s".formatted(incident.getId(), incident.getSentence());
        if (rollout.getState() == Rollout.State.STAGING) {
          RolloutSteps.pause(draft, next, why);
        } else {
          RolloutSteps.fail(draft, next, why);
        }
        RolloutSteps.put(draft, next);
        blamed.add(rollout.getId());
      }
    }
    if (!blamed.isEmpty()) {
      draft.put(incident.toBuilder().addAllRollouts(blamed).build());
    }
  }

  private static boolean isUnderway(Rollout rollout) {
    return switch (rollout.getState()) {
      case STAGING, ACTIVATING, VERIFYING, SOAKING -> true;
      case PLANNED,
          PAUSED,
          ROLLING_BACK,
          COMPLETED,
          ROLLED_BACK,
          ABORTED,
          STATE_UNSPECIFIED,
          UNRECOGNIZED ->
          false;
    };
  }
}

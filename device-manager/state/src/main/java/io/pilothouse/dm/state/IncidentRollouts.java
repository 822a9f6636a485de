package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Incident;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutUnit;
import java.util.ArrayList;
import java.util.List;

/**
 * Incidents and rollouts: one of a manifest version or image is laid at the door of the rollout
 * that brought it; one of anything else excuses its machines, so that no version is blamed for a
 * rack without power.
 */
final class IncidentRollouts {

  private IncidentRollouts() {}

  /** Whether the machine's error has a cause that no rollout brought. */
  static boolean isExcused(Entities state, Machine machine) {
    return !machine.getIncidentId().isEmpty()
        && state
            .incident(machine.getIncidentId())
            .filter(each -> !Dimension.ofWord(each.getDimension()).isRolledOut())
            .isPresent();
  }

  /** Takes an excused machine off the list of those that failed on a rollout's version. */
  static void excuse(Draft draft, String name) {
    Machine machine = draft.machine(name).orElseThrow();
    if (machine.getRolloutId().isEmpty() || !isExcused(draft, machine)) {
      return;
    }
    draft.rollout(machine.getRolloutId()).ifPresent(each -> excuse(draft, each, name));
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
    if (!Dimension.ofWord(incident.getDimension()).isRolledOut()) {
      return;
    }
    List<String> blamed = new ArrayList<>();
    for (Rollout rollout : List.copyOf(draft.rollouts())) {
      if (Texts.ref(rollout.getTo()).equals(incident.getValue()) && isUnderway(rollout)) {
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

package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import java.util.List;

/** Draining a machine for people, within the budget, and taking it back. */
final class Maintenance {
  /** Time for the processes to stop: twice the longest stop-grace that manifests usually give. */
  private static final long DRAIN_MS = 60_000;

  private Maintenance() {}

  /** Starts requested drains as the budget allows, by machine name. */
  static void admit(Draft draft) {
    for (String name : List.copyOf(draft.indexes().machines.drainRequested())) {
      Machine machine = draft.machine(name).orElseThrow();
      boolean asked =
          machine.getDrainRequested()
              && machine.getLifecycle() == Lifecycle.IN_SERVICE
              && machine.getCondition() == Condition.HEALTHY;
      if (asked && Budget.veto(draft, machine, Budget.Purpose.MAINTENANCE).isEmpty()) {
        Machine.Builder draining = machine.toBuilder();
        Conditions.lifecycle(draft, draining, Lifecycle.DRAINING, "its processes stop");
        draft.put(draining.build());
      }
    }
  }

  /** Ends DRAINING once nothing runs, or the time for it is over. */
  static boolean expire(Draft draft, Machine machine) {
    boolean stopped =
        machine.getObserved().getActive().getName().isEmpty()
            && !OfferConsents.isWaitedFor(draft, machine);
    if (!stopped && draft.nowMillis() < due(draft, machine)) {
      return false;
    }
    Machine.Builder drained = machine.toBuilder().clearConsent();
    Conditions.lifecycle(
        draft,
        drained,
        Lifecycle.MAINTENANCE,
        stopped ? "its processes have stopped" : "its processes had time to stop");
    draft.put(drained.build());
    return true;
  }

  /** When what runs on it ends because of a drain; 0 = it does not. */
  static long takenAt(Entities state, Machine machine) {
    return machine.getLifecycle() == Lifecycle.MAINTENANCE
        ? machine.getSince()
        : due(state, machine);
  }

  /** When DRAINING ends at the latest; 0 = not draining. */
  static long due(Entities state, Machine machine) {
    if (machine.getLifecycle() != Lifecycle.DRAINING) {
      return 0;
    }
    long delayed = OfferConsents.delayedUntil(state, machine);
    return delayed == 0 ? machine.getSince() + DRAIN_MS : delayed;
  }
}

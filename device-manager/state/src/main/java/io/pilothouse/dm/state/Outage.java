package io.pilothouse.dm.state;

import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Incident;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.WatchdogState;
import java.util.List;

/**
 * Time in which the Device Manager was away. Nobody heard what machines said meanwhile: it counts
 * against no version, machine, repair or install, whose deadlines move on by as much, and it was
 * not quiet, which begins anew. That it was away shows in the log: what was due is decided much
 * later than it was due.
 */
final class Outage {
  // a leader ticks within a second; the same again is for the reports of machines that waited
  private static final long LATE_MS = 60_000;

  private Outage() {}

  /** For how many milliseconds something has been due. */
  static long late(Draft draft) {
    return draft.nextDue().map(each -> draft.nowMillis() - each.toEpochMilli()).orElse(0L);
  }

  static void allow(Draft draft, long late) {
    if (late < LATE_MS) {
      return;
    }
    long more = late + LATE_MS;
    int before = draft.size();
    for (Rollout each : draft.indexes().rollouts.open(draft)) {
      allow(draft, each, more);
    }
    for (Incident each : draft.indexes().incidents.open(draft)) {
      if (each.getQuietSince() != 0) {
        draft.put(each.toBuilder().setQuietSince(draft.nowMillis()).build());
      }
    }
    for (Repair each : draft.indexes().repairs.in(draft, Repair.State.VERIFYING)) {
      if (each.getDeadline() != 0) {
        long deadline = each.getDeadline() + more;
        draft.put(each.toBuilder().setDeadline(deadline).setDueAt(deadline).build());
      }
    }
    for (Machine each : List.copyOf(draft.machines())) {
      allow(draft, each, more);
    }
    for (WatchdogState each : List.copyOf(draft.watchdogs())) {
      if (each.getDueAt() != 0) { // nobody could contradict it meanwhile
        draft.put(each.toBuilder().setDueAt(each.getDueAt() + more).build());
      }
    }
    if (draft.size() > before) {
      draft.audit(
          AuditRecord.newBuilder()
              .setKind("DM")
              .setSubject("dm")
              .setText(
                  ("nothing was decided for %s: deadlines of rollouts, Probations, repairs,"
                          + " installs and watchdogs in shadow move on by it")
                      .formatted(Texts.elapsed(late))));
    }
  }

  private static void allow(Draft draft, Rollout rollout, long more) {
    switch (rollout.getState()) {
      // without a deadline it waits for its turn
      case STAGING, ACTIVATING, VERIFYING -> {
        if (rollout.getDeadline() != 0) {
          RolloutSteps.put(draft, rollout.toBuilder().setDeadline(rollout.getDeadline() + more));
        }
      }
      case SOAKING ->
          RolloutSteps.put(draft, rollout.toBuilder().setSince(rollout.getSince() + more));
      case PLANNED,
          PAUSED,
          ROLLING_BACK,
          COMPLETED,
          ROLLED_BACK,
          ABORTED,
          STATE_UNSPECIFIED,
          UNRECOGNIZED -> {}
    }
  }

  private static void allow(Draft draft, Machine machine, long more) {
    boolean inService = machine.getLifecycle() == Lifecycle.IN_SERVICE;
    if (Provision.installs(machine) && machine.getProvisioning().getDeadline() != 0) {
      Machine.Builder next = machine.toBuilder();
      next.getProvisioningBuilder().setDeadline(machine.getProvisioning().getDeadline() + more);
      draft.put(next.build());
    } else if (inService && machine.getCondition() == Condition.PROBATION) {
      Machine.Builder next =
          machine.toBuilder().setProbationSince(later(draft, machine.getProbationSince(), more));
      if (machine.getQuietSince() != 0) {
        next.setQuietSince(draft.nowMillis());
      }
      draft.put(next.build());
    } else if (inService && machine.getCondition() == Condition.HEALTHY && machine.hasError()) {
      Machine.Builder next = machine.toBuilder();
      next.getErrorBuilder().setSince(later(draft, machine.getError().getSince(), more));
      draft.put(next.build());
    }
  }

  /** Nothing began in the future. */
  private static long later(Draft draft, long since, long more) {
    return Math.min(draft.nowMillis(), since + more);
  }
}

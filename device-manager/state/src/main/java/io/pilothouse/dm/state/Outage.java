package io.pilothouse.dm.state;

import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Rollout;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Time in which the Device Manager was away. Nobody heard what machines said meanwhile, so it
 * counts neither against a version nor against a machine in Probation or under installation: their
 * deadlines move on by as much. That it was away shows in the log: what was due is decided much
 * later than it was due.
 */
final class Outage {
  // a leader ticks within a second; the same again is for the reports of machines that waited
  private static final long LATE_MS = 60_000;

  private Outage() {}

  static void allow(Draft draft) {
    Optional<Instant> first = draft.nextDue();
    long late = first.map(each -> draft.nowMillis() - each.toEpochMilli()).orElse(0L);
    if (late < LATE_MS) {
      return;
    }
    long more = late + LATE_MS;
    boolean any = false;
    for (Rollout rollout : draft.indexes().rollouts.open(draft)) {
      any |= allow(draft, rollout, more);
    }
    for (String name : List.copyOf(draft.due(Table.MACHINE).keySet())) {
      Machine machine = draft.machine(name).orElseThrow();
      boolean watched =
          machine.getLifecycle() == Lifecycle.IN_SERVICE
              && machine.getCondition() == Condition.PROBATION;
      if (watched) {
        any = true;
        draft.put(
            machine.toBuilder().setProbationSince(machine.getProbationSince() + more).build());
      }
    }
    for (String name : List.copyOf(draft.indexes().machines.installing())) {
      any |= Provision.allow(draft, draft.machine(name).orElseThrow(), more);
    }
    if (any) {
      draft.audit(
          AuditRecord.newBuilder()
              .setKind("DM")
              .setSubject("dm")
              .setText(
                  "nothing was decided for %s: deadlines of rollouts, installs and Probations move on"
                          .formatted(Texts.elapsed(late))
                      + " by it"));
    }
  }

  private static boolean allow(Draft draft, Rollout rollout, long more) {
    return switch (rollout.getState()) {
      // without a deadline it waits for its turn
      case STAGING, ACTIVATING, VERIFYING ->
          rollout.getDeadline() != 0
              && moved(draft, rollout.toBuilder().setDeadline(rollout.getDeadline() + more));
      case SOAKING -> moved(draft, rollout.toBuilder().setSince(rollout.getSince() + more));
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

  private static boolean moved(Draft draft, Rollout.Builder rollout) {
    RolloutSteps.put(draft, rollout);
    return true;
  }
}

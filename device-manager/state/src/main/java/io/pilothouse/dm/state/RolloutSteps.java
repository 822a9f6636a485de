package io.pilothouse.dm.state;

import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutPolicy;
import io.pilothouse.api.v1.RolloutUnit;

/**
 * The steps of one open rollout; each call makes the changes that are due now. {@link
 * RolloutStaging} is before its units, {@link RolloutUnits} takes it through them, {@link
 * RolloutReturn} back.
 */
final class RolloutSteps {

  private RolloutSteps() {}

  static void step(Draft draft, Rollout rollout) {
    Rollout.Builder next = rollout.toBuilder();
    switch (rollout.getState()) {
      case STAGING -> RolloutStaging.step(draft, next);
      case ACTIVATING -> RolloutUnits.activating(draft, next);
      case VERIFYING -> RolloutUnits.verifying(draft, next);
      case SOAKING -> RolloutUnits.soaking(draft, next);
      case ROLLING_BACK -> rollingBack(draft, next);
      case PAUSED -> RolloutCount.units(draft, next);
      case PLANNED, COMPLETED, ROLLED_BACK, ABORTED, STATE_UNSPECIFIED, UNRECOGNIZED ->
          throw new IllegalStateException("not open: " + rollout);
    }
    put(draft, next);
  }

  /** Stores it with the time at which a Tick must look at it again. */
  static void put(Draft draft, Rollout.Builder rollout) {
    long due =
        switch (rollout.getState()) {
          case ACTIVATING ->
              rollout.getWaitUntil() > draft.nowMillis()
                  ? rollout.getWaitUntil()
                  : rollout.getDeadline();
          case STAGING, VERIFYING -> rollout.getDeadline();
          case SOAKING -> rollout.getSince() + rollout.getPolicy().getSoakMs();
          case PLANNED,
              PAUSED,
              ROLLING_BACK,
              COMPLETED,
              ROLLED_BACK,
              ABORTED,
              STATE_UNSPECIFIED,
              UNRECOGNIZED ->
              0;
        };
    draft.put(rollout.setDueAt(due > draft.nowMillis() ? due : 0).build());
  }

  static void move(Draft draft, Rollout.Builder rollout, Rollout.State to, String text) {
    Rollout.State from = rollout.getState();
    Transitions.ROLLOUT.check(from, to, rollout.getId());
    rollout.setState(to).setSince(draft.nowMillis()).setWaitingFor("").setWaitUntil(0);
    audit(draft, rollout, from.name(), to.name(), text);
  }

  /** Whether its deadline has passed; one that is stopped does not. */
  static boolean isLate(Draft draft, Rollout.Builder rollout) {
    return rollout.getDeadline() != 0 && draft.nowMillis() >= rollout.getDeadline();
  }

  /** Ends the current unit as its policy says: by a pause, or by going back. */
  static void fail(Draft draft, Rollout.Builder rollout, String why) {
    int current = rollout.getCurrent();
    RolloutUnit.State state = rollout.getUnits(current).getState();
    // one that waits for its turn has not failed: what was brought before it has
    if (state != RolloutUnit.State.UNIT_FAILED && state != RolloutUnit.State.PENDING) {
      unitState(draft, rollout, current, RolloutUnit.State.UNIT_FAILED, why);
    }
    if (rollout.getPolicy().getOnFailure() == RolloutPolicy.OnFailure.PAUSE) {
      pause(draft, rollout, why);
    } else {
      rollBack(draft, rollout, why);
    }
  }

  static void pause(Draft draft, Rollout.Builder rollout, String why) {
    Rollout.State resumeTo = rollout.getState();
    move(draft, rollout, Rollout.State.PAUSED, "paused: " + why);
    rollout.setResumeTo(resumeTo).setPauseReason(why).setReason(why);
  }

  static void rollBack(Draft draft, Rollout.Builder rollout, String why) {
    move(draft, rollout, Rollout.State.ROLLING_BACK, "rolls back: " + why);
    rollout.setReason(why).setPauseReason("");
    rollout.getUnitsList().forEach(each -> UnitVersions.restore(draft, rollout, each));
  }

  private static void rollingBack(Draft draft, Rollout.Builder rollout) {
    Named waiting = RolloutReturn.go(draft, rollout);
    RolloutCount.units(draft, rollout);
    if (!waiting.isEmpty()) {
      rollout.setWaitingFor("going back: " + waiting);
      return;
    }
    for (int i = 0; i < rollout.getUnitsCount(); i++) {
      RolloutUnit unit = rollout.getUnits(i);
      if (unit.getSwitchedCount() > 0 || unit.getState() == RolloutUnit.State.PASSED) {
        unitState(draft, rollout, i, RolloutUnit.State.UNIT_ROLLED_BACK, rollout.getReason());
      }
    }
    move(draft, rollout, Rollout.State.ROLLED_BACK, "rolled back: " + rollout.getReason());
    RolloutSwitch.release(draft, rollout);
  }

  static void unitState(
      Draft draft, Rollout.Builder rollout, int index, RolloutUnit.State to, String text) {
    RolloutUnit unit = rollout.getUnits(index);
    Transitions.ROLLOUT_UNIT.check(unit.getState(), to, rollout.getId() + " " + unit.getName());
    rollout.setUnits(
        index, unit.toBuilder().setState(to).setSince(draft.nowMillis()).setReason(text));
    audit(
        draft,
        rollout,
        unit.getName() + " " + unit.getState(),
        unit.getName() + " " + to,
        "unit %s: %s".formatted(unit.getName(), text));
  }

  private static void audit(
      Draft draft, Rollout.Builder rollout, String from, String to, String text) {
    draft.audit(
        AuditRecord.newBuilder()
            .setKind("ROLLOUT")
            .setSubject("rollout/" + rollout.getId())
            .setFrom(from)
            .setTo(to)
            .setText(text));
  }
}

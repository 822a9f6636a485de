package io.pilothouse.dm.state;

import io.pilothouse.api.log.v1.ControlRollout;
import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.ProbationCause;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutUnit;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/** What people tell an open rollout: pause, resume, skip a unit, abort, roll back. */
final class RolloutOrders {

  private RolloutOrders() {}

  static void control(Draft draft, ControlRollout command) throws RefusedException {
    Optional<Rollout> found = draft.rollout(command.getRollout());
    if (found.isEmpty()) {
      throw new RefusedException(
          Refusal.Code.NOT_FOUND,
          "no rollout \"" + command.getRollout() + "\"",
          "`pilot rollout list` shows those there are");
    }
    Rollout rollout = found.get();
    requireAllowed(draft, rollout, command.getVerb());
    Operators.requireReason(draft, "an order to a rollout");
    String reason = draft.request().getReason();
    Rollout.Builder next = rollout.toBuilder();
    switch (command.getVerb()) {
      case PAUSE -> RolloutSteps.pause(draft, next, reason);
      case RESUME -> resume(draft, next, reason);
      case SKIP -> skip(draft, next, command.getUnit(), reason);
      case ABORT -> abort(draft, next, reason);
      case ROLL_BACK -> {
        RollBackTargets.require(draft, rollout);
        RolloutSteps.rollBack(draft, next, reason);
      }
      case VERB_UNSPECIFIED, UNRECOGNIZED ->
          throw new IllegalStateException("refused above: " + command);
    }
    RolloutSteps.put(draft, next);
  }

  private static void requireAllowed(Entities state, Rollout rollout, ControlRollout.Verb verb)
      throws RefusedException {
    boolean paused = rollout.getState() == Rollout.State.PAUSED;
    boolean back = rollout.getState() == Rollout.State.ROLLING_BACK;
    boolean undo = verb == ControlRollout.Verb.ROLL_BACK && isLastCompleted(state, rollout);
    boolean allowed =
        undo
            || (Rollouts.isOpen(rollout)
                && switch (verb) {
                  case PAUSE -> !paused && !back;
                  case RESUME -> paused;
                  case SKIP -> !back && !isStaging(rollout);
                  case ABORT -> true;
                  case ROLL_BACK -> !back;
                  case VERB_UNSPECIFIED, UNRECOGNIZED -> false;
                });
    if (!allowed) {
      throw new RefusedException(
          Refusal.Code.PRECONDITION,
          "%s is %s: it cannot %s now".formatted(rollout.getId(), rollout.getState(), word(verb)),
          "pilot rollout show " + rollout.getId());
    }
  }

  /** One that is done can be undone, while nothing was rolled out over it. */
  private static boolean isLastCompleted(Entities state, Rollout rollout) {
    return rollout.getState() == Rollout.State.COMPLETED
        && state
            .indexes()
            .rollouts
            .newest(state, rollout.getType(), rollout.getThing())
            .filter(each -> each.getId().equals(rollout.getId()))
            .isPresent();
  }

  private static String word(ControlRollout.Verb verb) {
    return switch (verb) {
      case PAUSE -> "pause";
      case RESUME -> "resume";
      case SKIP -> "skip a unit";
      case ABORT -> "abort";
      case ROLL_BACK -> "roll back";
      case VERB_UNSPECIFIED, UNRECOGNIZED -> "do that";
    };
  }

  /** A unit that was never staged has nothing to be left out of yet. */
  private static boolean isStaging(Rollout rollout) {
    return rollout.getState() == Rollout.State.STAGING
        || (rollout.getState() == Rollout.State.PAUSED
            && rollout.getResumeTo() == Rollout.State.STAGING);
  }

  /** Goes on where it stopped, with a new deadline; its failed machines get another Probation. */
  private static void resume(Draft draft, Rollout.Builder rollout, String reason) {
    Rollout.State to = rollout.getResumeTo();
    RolloutSteps.move(draft, rollout, to, "resumed: " + reason);
    rollout.setPauseReason("").setDeadline(draft.nowMillis() + rollout.getPolicy().getDeadlineMs());
    if (to == Rollout.State.STAGING) {
      return;
    }
    int current = rollout.getCurrent();
    RolloutUnit unit = rollout.getUnits(current);
    for (Machine machine : RolloutSwitch.machines(draft, unit.getFailedList())) {
      boolean again =
          machine.getCondition() == Condition.FAILURE
              && !DomainHolds.isHeld(draft, machine)
              && machine.getRolloutId().equals(rollout.getId())
              && Rollouts.explains(draft, machine);
      if (again) {
        String text =
            "rollout %s resumed: another Probation on %s"
                .formatted(rollout.getId(), Texts.ref(rollout.getTo()));
        Conditions.enterProbation(
            draft,
            machine.toBuilder(),
            ProbationCause.CAUSE_DO_NOTHING,
            text,
            List.of("resumed by " + draft.request().getPrincipal() + ": " + reason),
            "");
      }
      boolean stuck = ImageSwitch.isOut(machine, rollout.getId()) && ImageSwitch.isStuck(machine);
      if (stuck) {
        ImageSwitch.again(draft, machine, rollout.getTo());
      }
    }
    // one that gets no other Probation is held, excused or gone: it counts no more
    rollout.setUnits(current, unit.toBuilder().clearFailed());
    if (to == Rollout.State.SOAKING && unit.getState() == RolloutUnit.State.UNIT_FAILED) {
      RolloutSteps.unitState(
          draft, rollout, current, RolloutUnit.State.PASSED, "soaks again: " + reason);
    }
  }

  /** Leaves a unit out: it keeps, or goes back to, the version that it had. */
  private static void skip(Draft draft, Rollout.Builder rollout, String name, String reason)
      throws RefusedException {
    for (int i = rollout.getCurrent(); i < rollout.getUnitsCount(); i++) {
      RolloutUnit unit = rollout.getUnits(i);
      boolean over =
          unit.getState() == RolloutUnit.State.PASSED
              || unit.getState() == RolloutUnit.State.SKIPPED;
      if (!unit.getName().equals(name) || over) {
        continue;
      }
      RolloutSteps.unitState(draft, rollout, i, RolloutUnit.State.SKIPPED, reason);
      if (i == rollout.getCurrent()) {
        UnitVersions.restore(draft, rollout, unit);
        RolloutSwitch.releaseUnit(draft, rollout, i);
        if (rollout.getState() == Rollout.State.PAUSED) {
          RolloutSteps.move(draft, rollout, Rollout.State.ACTIVATING, "skipped " + name);
          rollout.setPauseReason("");
        }
        RolloutUnits.next(draft, rollout);
      }
      return;
    }
    throw new RefusedException(
        Refusal.Code.PRECONDITION,
        "%s has no unit \"%s\" still to come".formatted(rollout.getId(), name),
        "pilot rollout show " + rollout.getId());
  }

  /** Leaves every machine on what it runs now, and says which stay on the new version. */
  private static void abort(Draft draft, Rollout.Builder rollout, String reason) {
    boolean back = rollout.getState() == Rollout.State.ROLLING_BACK;
    TreeSet<String> stay = new TreeSet<>();
    for (int i = 0; i < rollout.getUnitsCount(); i++) {
      RolloutUnit unit = rollout.getUnits(i);
      boolean passed = unit.getState() == RolloutUnit.State.PASSED;
      List<String> staying =
          Rollouts.members(draft, rollout, unit).stream()
              .filter(each -> passed || unit.getSwitchedList().contains(each.getName()))
              .filter(each -> Things.wants(each, rollout))
              .map(Machine::getName)
              .toList();
      stay.addAll(staying);
      if (back) {
        // their unit has the version of before already: as switched ones they are left on theirs
        rollout.setUnits(i, unit.toBuilder().clearSwitched().addAllSwitched(staying));
      }
    }
    String text =
        stay.isEmpty()
            ? "no machine runs " + Texts.ref(rollout.getTo()) + " by it"
            : "%s stay on %s".formatted(Named.of(stay, each -> each), Texts.ref(rollout.getTo()));
    rollout.setReason(reason);
    RolloutSteps.move(
        draft, rollout, Rollout.State.ABORTED, "aborted: %s; %s".formatted(reason, text));
    RolloutSwitch.release(draft, rollout);
  }
}

package io.pilothouse.dm.state;

import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutPolicy;
import io.pilothouse.api.v1.RolloutUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** The steps of one open rollout; each call makes the changes that are due now. */
final class RolloutSteps {

  private RolloutSteps() {}

  static void step(Draft draft, Rollout rollout) {
    Rollout.Builder next = rollout.toBuilder();
    switch (rollout.getState()) {
      case STAGING -> staging(draft, next);
      case ACTIVATING -> activating(draft, next);
      case VERIFYING -> verifying(draft, next);
      case SOAKING -> soaking(draft, next);
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

  private static boolean isLate(Draft draft, Rollout.Builder rollout) {
    return draft.nowMillis() >= rollout.getDeadline();
  }

  private static void staging(Draft draft, Rollout.Builder rollout) {
    List<Machine> eligible = new ArrayList<>();
    List<String> missing = new ArrayList<>();
    int all = 0;
    for (RolloutUnit unit : rollout.getUnitsList()) {
      if (RolloutCanary.is(unit)) {
        continue; // its machines are those of scale units, too
      }
      for (Machine machine : Rollouts.members(draft, rollout, unit)) {
        all++;
        if (RolloutSwitch.isEligible(draft, machine)) {
          eligible.add(machine);
          if (!RolloutSwitch.holds(machine, rollout.getThing(), rollout.getTo())) {
            missing.add(machine.getName());
          }
        }
      }
    }
    int staged = eligible.size() - missing.size();
    if (RolloutCount.reached(staged, eligible.size(), rollout.getPolicy().getStagedShare())) {
      move(
          draft,
          rollout,
          Rollout.State.ACTIVATING,
          "staged on %s of %s eligible machines".formatted(staged, eligible.size()));
      begin(draft, rollout, 0);
      activating(draft, rollout);
    } else if (isLate(draft, rollout)) {
      pause(
          draft,
          rollout,
          eligible.isEmpty()
              ? "staging found no machine in service before its deadline"
              : "staging did not end before its deadline: missing on "
                  + String.join(", ", missing));
    } else {
      rollout.setWaitingFor(
          eligible.isEmpty()
              ? "a machine in service: none of %s is HEALTHY".formatted(all)
              : "staging: %s of %s hold it, missing on %s"
                  .formatted(staged, eligible.size(), String.join(", ", missing)));
    }
  }

  /** The unit is next; its time runs from its turn, which another rollout may have before. */
  private static void begin(Draft draft, Rollout.Builder rollout, int index) {
    RolloutUnit unit = rollout.getUnits(index);
    rollout.setCurrent(index);
    Optional<Rollout> other = UnitTurns.other(draft, rollout, unit.getName());
    if (other.isPresent()) {
      rollout
          .setDeadline(0)
          .setWaitingFor(
              "%s: %s has its turn there".formatted(unit.getName(), UnitTurns.words(other.get())));
      return;
    }
    rollout.setDeadline(draft.nowMillis() + rollout.getPolicy().getDeadlineMs()).setWaitingFor("");
    unitState(draft, rollout, index, RolloutUnit.State.UNIT_ACTIVATING, "unit " + unit.getName());
  }

  private static void activating(Draft draft, Rollout.Builder rollout) {
    if (isEmptied(draft, rollout) || failed(draft, rollout)) {
      return;
    }
    int current = rollout.getCurrent();
    if (rollout.getUnits(current).getState() == RolloutUnit.State.PENDING) {
      begin(draft, rollout, current);
      if (rollout.getUnits(current).getState() == RolloutUnit.State.PENDING) {
        return;
      }
    }
    List<String> waiting = RolloutSwitch.activate(draft, rollout);
    RolloutCount.units(draft, rollout);
    RolloutUnit unit = rollout.getUnits(rollout.getCurrent());
    if (waiting.isEmpty() && unit.getMachines() > 0) {
      verify(draft, rollout, "switched");
      return;
    }
    rollout.setWaitingFor(
        waiting.isEmpty()
            ? unit.getName() + ": none of its machines can be switched: " + others(draft, rollout)
            : unit.getName() + ": " + String.join(", ", waiting));
    if (isLate(draft, rollout)) {
      activationLate(draft, rollout);
    }
  }

  private static void verify(Draft draft, Rollout.Builder rollout, String text) {
    String unit = rollout.getUnits(rollout.getCurrent()).getName();
    move(draft, rollout, Rollout.State.VERIFYING, "unit %s is %s".formatted(unit, text));
    unitState(draft, rollout, rollout.getCurrent(), RolloutUnit.State.UNIT_VERIFYING, text);
    verifying(draft, rollout);
  }

  /** The version is judged by the machines that run it; what kept others from it is no failure. */
  private static void activationLate(Draft draft, Rollout.Builder rollout) {
    RolloutUnit unit = rollout.getUnits(rollout.getCurrent());
    List<Machine> members = Rollouts.members(draft, rollout, unit);
    boolean allHealthy =
        RolloutSwitch.switched(draft, unit).stream()
            .filter(each -> Things.wants(each, rollout))
            .filter(each -> !IncidentRollouts.isExcused(draft, each))
            .allMatch(each -> RolloutSwitch.isHealthyOn(each, rollout));
    boolean noneLeft =
        members.stream()
            .filter(each -> RolloutSwitch.isEligible(draft, each))
            .allMatch(each -> Things.wants(each, rollout));
    if (!allHealthy) {
      fail(draft, rollout, "deadline: " + rollout.getWaitingFor());
    } else if (noneLeft && unit.getMachines() > 0) {
      verify(draft, rollout, "switched but for " + others(draft, rollout));
    } else {
      pause(draft, rollout, "deadline: " + rollout.getWaitingFor());
    }
  }

  private static void verifying(Draft draft, Rollout.Builder rollout) {
    if (isEmptied(draft, rollout) || failed(draft, rollout)) {
      return;
    }
    RolloutUnit unit = rollout.getUnits(rollout.getCurrent());
    double share = rollout.getPolicy().getSuccessShare();
    if (RolloutCount.reached(unit.getHealthy(), unit.getMachines(), share)) {
      pass(draft, rollout, unit);
      return;
    }
    rollout.setWaitingFor(
        unit.getMachines() == 0
            ? "%s: no machine on the new version is in service".formatted(unit.getName())
            : "%s: %s of %s not healthy: %s"
                .formatted(
                    unit.getName(),
                    unit.getMachines() - unit.getHealthy(),
                    unit.getMachines(),
                    blockers(draft, rollout, each -> isJudged(draft, each, rollout))));
    if (isLate(draft, rollout) && unit.getMachines() > 0) {
      fail(draft, rollout, "deadline: " + rollout.getWaitingFor());
    } else if (isLate(draft, rollout)) {
      pause(draft, rollout, "deadline: " + rollout.getWaitingFor());
    }
  }

  private static boolean isJudged(Draft draft, Machine machine, Rollout.Builder rollout) {
    return RolloutCount.isJudged(draft, machine, rollout.getUnits(rollout.getCurrent()), rollout);
  }

  /** Machines of the current unit that are not brought to the new version, and why. */
  private static String others(Draft draft, Rollout.Builder rollout) {
    return blockers(draft, rollout, each -> !isJudged(draft, each, rollout));
  }

  /** Machines of the current unit that are not healthy on the new version, and why. */
  private static String blockers(
      Draft draft, Rollout.Builder rollout, Predicate<Machine> concerned) {
    RolloutUnit unit = rollout.getUnits(rollout.getCurrent());
    return Rollouts.members(draft, rollout, unit).stream()
        .filter(each -> !RolloutSwitch.isHealthyOn(each, rollout))
        .filter(concerned)
        .map(
            each ->
                "%s (%s)"
                    .formatted(
                        each.getName(), RolloutSwitch.blocker(draft, each, rollout.getThing())))
        .collect(Collectors.joining(", "));
  }

  /** Leaves out a unit whose last machine of the type has left it. */
  private static boolean isEmptied(Draft draft, Rollout.Builder rollout) {
    RolloutUnit unit = rollout.getUnits(rollout.getCurrent());
    if (!Rollouts.members(draft, rollout, unit).isEmpty()) {
      return false;
    }
    unitState(
        draft,
        rollout,
        rollout.getCurrent(),
        RolloutUnit.State.SKIPPED,
        "no machine of type %s is left in it".formatted(rollout.getType()));
    next(draft, rollout);
    return true;
  }

  private static void pass(Draft draft, Rollout.Builder rollout, RolloutUnit unit) {
    unitState(
        draft,
        rollout,
        rollout.getCurrent(),
        RolloutUnit.State.PASSED,
        "%s of %s healthy on %s"
            .formatted(unit.getHealthy(), unit.getMachines(), Texts.ref(rollout.getTo())));
    if (!RolloutCanary.is(unit)) {
      UnitVersions.set(draft, rollout, unit.getName(), rollout.getTo());
    }
    if (rollout.getPolicy().getSoakMs() > 0) {
      move(draft, rollout, Rollout.State.SOAKING, "unit " + unit.getName() + " soaks");
    } else {
      RolloutSwitch.releaseUnit(draft, rollout.getId(), unit);
      next(draft, rollout);
    }
  }

  private static void soaking(Draft draft, Rollout.Builder rollout) {
    if (failed(draft, rollout)) {
      return;
    }
    RolloutUnit unit = rollout.getUnits(rollout.getCurrent());
    if (draft.nowMillis() >= rollout.getSince() + rollout.getPolicy().getSoakMs()) {
      RolloutSwitch.releaseUnit(draft, rollout.getId(), unit);
      next(draft, rollout);
    } else {
      rollout.setWaitingFor(unit.getName() + " to soak");
    }
  }

  /** Goes on with the next unit that is not skipped, or ends. */
  static void next(Draft draft, Rollout.Builder rollout) {
    int index = rollout.getCurrent() + 1;
    while (index < rollout.getUnitsCount()
        && rollout.getUnits(index).getState() == RolloutUnit.State.SKIPPED) {
      index++;
    }
    if (index >= rollout.getUnitsCount()) {
      move(draft, rollout, Rollout.State.COMPLETED, completion(rollout));
      return;
    }
    if (rollout.getState() != Rollout.State.ACTIVATING) {
      move(
          draft,
          rollout,
          Rollout.State.ACTIVATING,
          "next unit: " + rollout.getUnits(index).getName());
    }
    begin(draft, rollout, index);
  }

  private static String completion(Rollout.Builder rollout) {
    List<String> skipped =
        rollout.getUnitsList().stream()
            .filter(each -> each.getState() == RolloutUnit.State.SKIPPED)
            .map(RolloutUnit::getName)
            .toList();
    String to = Texts.ref(rollout.getTo());
    return skipped.isEmpty()
        ? "every unit runs " + to
        : "every unit but %s runs %s".formatted(String.join(", ", skipped), to);
  }

  /** Ends the unit when more of its machines failed than the success share allows. */
  private static boolean failed(Draft draft, Rollout.Builder rollout) {
    RolloutCount.units(draft, rollout);
    RolloutUnit unit = rollout.getUnits(rollout.getCurrent());
    long allowed = RolloutCount.failuresAllowed(draft, rollout, unit);
    if (unit.getFailedCount() <= allowed) {
      return false;
    }
    List<String> why =
        RolloutSwitch.machines(draft, unit.getFailedList()).stream()
            .map(
                each ->
                    "%s (%s)"
                        .formatted(
                            each.getName(), RolloutSwitch.blocker(draft, each, rollout.getThing())))
            .toList();
    fail(
        draft,
        rollout,
        "%s of %s machines of %s failed on %s, %s allowed: %s"
            .formatted(
                unit.getFailedCount(),
                Math.max(unit.getMachines(), unit.getSwitchedCount()),
                unit.getName(),
                Texts.ref(rollout.getTo()),
                allowed,
                String.join(", ", why)));
    return true;
  }

  /** Ends the current unit as its policy says: by a pause, or by going back. */
  static void fail(Draft draft, Rollout.Builder rollout, String why) {
    int current = rollout.getCurrent();
    if (rollout.getUnits(current).getState() != RolloutUnit.State.UNIT_FAILED) {
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
    List<String> waiting = RolloutSwitch.rollBack(draft, rollout);
    RolloutCount.units(draft, rollout);
    if (!waiting.isEmpty()) {
      rollout.setWaitingFor("going back: " + String.join(", ", waiting));
      return;
    }
    for (int i = 0; i < rollout.getUnitsCount(); i++) {
      if (rollout.getUnits(i).getSwitchedCount() > 0) {
        unitState(draft, rollout, i, RolloutUnit.State.UNIT_ROLLED_BACK, rollout.getReason());
      }
    }
    move(draft, rollout, Rollout.State.ROLLED_BACK, "rolled back: " + rollout.getReason());
    RolloutSwitch.release(draft, rollout.build());
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

package io.pilothouse.dm.state;

import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutPolicy;
import io.pilothouse.api.v1.RolloutUnit;
import io.pilothouse.api.v1.UnitVersion;
import java.util.ArrayList;
import java.util.List;

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
      case PAUSED -> countUnits(draft, next);
      case PLANNED, COMPLETED, ROLLED_BACK, ABORTED, STATE_UNSPECIFIED, UNRECOGNIZED ->
          throw new IllegalStateException("not open: " + rollout);
    }
    put(draft, next);
  }

  /** Stores it with the time at which a Tick must look at it again. */
  static void put(Draft draft, Rollout.Builder rollout) {
    long due =
        switch (rollout.getState()) {
          case STAGING, ACTIVATING, VERIFYING -> rollout.getDeadline();
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
    rollout.setState(to).setSince(draft.nowMillis()).setWaitingFor("");
    audit(draft, rollout, from.name(), to.name(), text);
  }

  private static void staging(Draft draft, Rollout.Builder rollout) {
    List<Machine> eligible = new ArrayList<>();
    List<String> missing = new ArrayList<>();
    int all = 0;
    for (RolloutUnit unit : rollout.getUnitsList()) {
      for (Machine machine : Rollouts.members(draft, rollout.getType(), unit.getName())) {
        all++;
        if (RolloutSwitch.isEligible(machine)) {
          eligible.add(machine);
          if (!RolloutSwitch.holds(machine, rollout.getTo())) {
            missing.add(machine.getName());
          }
        }
      }
    }
    int staged = eligible.size() - missing.size();
    if (!eligible.isEmpty() && reached(staged, eligible.size(), stagedShare(rollout))) {
      move(
          draft,
          rollout,
          Rollout.State.ACTIVATING,
          "staged on %s of %s eligible machines".formatted(staged, eligible.size()));
      begin(draft, rollout, 0);
      activating(draft, rollout);
    } else if (draft.nowMillis() >= rollout.getDeadline()) {
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

  private static double stagedShare(Rollout.Builder rollout) {
    return rollout.getPolicy().getStagedShare();
  }

  private static void begin(Draft draft, Rollout.Builder rollout, int index) {
    RolloutUnit unit = rollout.getUnits(index);
    rollout.setCurrent(index).setDeadline(draft.nowMillis() + rollout.getPolicy().getDeadlineMs());
    unitState(draft, rollout, index, RolloutUnit.State.UNIT_ACTIVATING, "unit " + unit.getName());
  }

  private static void activating(Draft draft, Rollout.Builder rollout) {
    countUnits(draft, rollout);
    if (failed(draft, rollout)) {
      return;
    }
    List<String> waiting = RolloutSwitch.activate(draft, rollout);
    countUnits(draft, rollout);
    RolloutUnit unit = rollout.getUnits(rollout.getCurrent());
    if (waiting.isEmpty() && unit.getMachines() > 0) {
      move(draft, rollout, Rollout.State.VERIFYING, "unit " + unit.getName() + " is switched");
      unitState(draft, rollout, rollout.getCurrent(), RolloutUnit.State.UNIT_VERIFYING, "switched");
      verifying(draft, rollout);
      return;
    }
    rollout.setWaitingFor(
        waiting.isEmpty()
            ? unit.getName() + ": no machine of it is in service"
            : unit.getName() + ": " + String.join(", ", waiting));
    if (draft.nowMillis() >= rollout.getDeadline()) {
      fail(draft, rollout, "deadline: " + rollout.getWaitingFor());
    }
  }

  private static void verifying(Draft draft, Rollout.Builder rollout) {
    countUnits(draft, rollout);
    if (failed(draft, rollout)) {
      return;
    }
    RolloutUnit unit = rollout.getUnits(rollout.getCurrent());
    if (reached(unit.getHealthy(), unit.getMachines(), rollout.getPolicy().getSuccessShare())) {
      pass(draft, rollout, unit);
      return;
    }
    List<String> blockers = new ArrayList<>();
    for (Machine machine : RolloutSwitch.switched(draft, unit)) {
      if (!RolloutSwitch.isHealthyOn(machine, rollout.getTo())) {
        blockers.add(machine.getName() + " (" + RolloutSwitch.blocker(machine) + ")");
      }
    }
    rollout.setWaitingFor(
        "%s: %s of %s not healthy: %s"
            .formatted(
                unit.getName(),
                unit.getMachines() - unit.getHealthy(),
                unit.getMachines(),
                String.join(", ", blockers)));
    if (draft.nowMillis() >= rollout.getDeadline()) {
      fail(draft, rollout, "deadline: " + rollout.getWaitingFor());
    }
  }

  private static void pass(Draft draft, Rollout.Builder rollout, RolloutUnit unit) {
    unitState(
        draft,
        rollout,
        rollout.getCurrent(),
        RolloutUnit.State.PASSED,
        "%s of %s healthy on %s"
            .formatted(unit.getHealthy(), unit.getMachines(), Texts.ref(rollout.getTo())));
    draft.put(
        UnitVersion.newBuilder()
            .setType(rollout.getType())
            .setScaleUnit(unit.getName())
            .setVersion(rollout.getTo())
            .build());
    if (rollout.getPolicy().getSoakMs() > 0) {
      move(draft, rollout, Rollout.State.SOAKING, "unit " + unit.getName() + " soaks");
    } else {
      RolloutSwitch.releaseUnit(draft, unit);
      next(draft, rollout);
    }
  }

  private static void soaking(Draft draft, Rollout.Builder rollout) {
    countUnits(draft, rollout);
    if (failed(draft, rollout)) {
      return;
    }
    if (draft.nowMillis() >= rollout.getSince() + rollout.getPolicy().getSoakMs()) {
      RolloutSwitch.releaseUnit(draft, rollout.getUnits(rollout.getCurrent()));
      next(draft, rollout);
    } else {
      rollout.setWaitingFor(rollout.getUnits(rollout.getCurrent()).getName() + " to soak");
    }
  }

  private static void next(Draft draft, Rollout.Builder rollout) {
    int index = rollout.getCurrent() + 1;
    while (index < rollout.getUnitsCount()
        && rollout.getUnits(index).getState() == RolloutUnit.State.SKIPPED) {
      index++;
    }
    if (index >= rollout.getUnitsCount()) {
      move(
          draft, rollout, Rollout.State.COMPLETED, "every unit runs " + Texts.ref(rollout.getTo()));
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

  /** Ends the unit when more of its machines failed than the success share allows. */
  private static boolean failed(Draft draft, Rollout.Builder rollout) {
    RolloutUnit unit = rollout.getUnits(rollout.getCurrent());
    int machines = Math.max(unit.getMachines(), unit.getSwitchedCount());
    // in whole parts per hundred thousand: no rounding may differ between replicas
    long success = StrictMath.round(rollout.getPolicy().getSuccessShare() * 1000);
    long allowed = machines * (100_000 - success) / 100_000;
    if (unit.getFailedCount() <= allowed) {
      return false;
    }
    List<String> why = new ArrayList<>();
    for (String name : unit.getFailedList()) {
      draft
          .machine(name)
          .ifPresent(each -> why.add(name + " (" + RolloutSwitch.blocker(each) + ")"));
    }
    fail(
        draft,
        rollout,
        "%s of %s machines of %s failed on %s, %s allowed: %s"
            .formatted(
                unit.getFailedCount(),
                machines,
                unit.getName(),
                Texts.ref(rollout.getTo()),
                allowed,
                String.join(", ", why)));
    return true;
  }

  private static void fail(Draft draft, Rollout.Builder rollout, String why) {
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
    rollout.setReason(why);
    for (RolloutUnit unit : rollout.getUnitsList()) {
      if (unit.getState() == RolloutUnit.State.PASSED) {
        draft.put(
            UnitVersion.newBuilder()
                .setType(rollout.getType())
                .setScaleUnit(unit.getName())
                .setVersion(unit.getBefore())
                .build());
      }
    }
  }

  private static void rollingBack(Draft draft, Rollout.Builder rollout) {
    List<String> waiting = RolloutSwitch.rollBack(draft, rollout);
    countUnits(draft, rollout);
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

  static void skip(Draft draft, Rollout.Builder rollout, String name, String reason)
      throws RefusedException {
    for (int i = rollout.getCurrent(); i < rollout.getUnitsCount(); i++) {
      RolloutUnit unit = rollout.getUnits(i);
      boolean over =
          unit.getState() == RolloutUnit.State.PASSED
              || unit.getState() == RolloutUnit.State.SKIPPED;
      if (unit.getName().equals(name) && !over) {
        unitState(draft, rollout, i, RolloutUnit.State.SKIPPED, reason);
        if (i == rollout.getCurrent()) {
          RolloutSwitch.releaseUnit(draft, unit);
          if (rollout.getState() == Rollout.State.PAUSED) {
            move(draft, rollout, Rollout.State.ACTIVATING, "skipped " + name);
          }
          next(draft, rollout);
        }
        return;
      }
    }
    throw new RefusedException(
        Refusal.Code.PRECONDITION,
        "%s has no unit \"%s\" still to come".formatted(rollout.getId(), name),
        "pilot rollout show " + rollout.getId());
  }

  /** Recounts machines and healthy ones of the units that were begun. */
  private static void countUnits(Draft draft, Rollout.Builder rollout) {
    for (int i = 0; i < rollout.getUnitsCount(); i++) {
      RolloutUnit unit = rollout.getUnits(i);
      if (unit.getState() == RolloutUnit.State.PENDING
          || unit.getState() == RolloutUnit.State.SKIPPED) {
        continue;
      }
      int machines = 0;
      int healthy = 0;
      for (Machine machine : Rollouts.members(draft, rollout.getType(), unit.getName())) {
        boolean counts =
            unit.getSwitchedList().contains(machine.getName())
                || machine.getWantedActive().equals(rollout.getTo());
        machines += counts ? 1 : 0;
        healthy += counts && RolloutSwitch.isHealthyOn(machine, rollout.getTo()) ? 1 : 0;
      }
      rollout.setUnits(i, unit.toBuilder().setMachines(machines).setHealthy(healthy));
    }
  }

  private static void unitState(
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

  /** Whether {@code part} of {@code all} is at least a share in percent. */
  private static boolean reached(int part, int all, double percent) {
    long wanted = StrictMath.round(percent * 1000);
    return all > 0 && part * 100_000L >= all * wanted;
  }

  static boolean isInService(Machine machine) {
    return machine.getLifecycle() == Lifecycle.IN_SERVICE
        && machine.getCondition() != Condition.CONDITION_UNSPECIFIED;
  }
}

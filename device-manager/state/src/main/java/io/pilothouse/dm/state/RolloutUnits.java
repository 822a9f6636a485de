package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutUnit;
import java.util.List;
import java.util.Optional;

/** A rollout's way through its scale units: each is switched, verified and soaked. */
final class RolloutUnits {

  private RolloutUnits() {}

  /** The unit is next; its time runs from its turn, which another rollout may have before. */
  static void begin(Draft draft, Rollout.Builder rollout, int index) {
    RolloutUnit unit = rollout.getUnits(index);
    rollout.setCurrent(index);
    Optional<Rollout> other = UnitTurns.other(draft, rollout, unit);
    if (other.isPresent()) {
      rollout
          .setDeadline(0)
          .setWaitingFor(
              "%s: %s has its turn there".formatted(unit.getName(), UnitTurns.words(other.get())));
      return;
    }
    rollout.setDeadline(draft.nowMillis() + rollout.getPolicy().getDeadlineMs()).setWaitingFor("");
    RolloutSteps.unitState(
        draft, rollout, index, RolloutUnit.State.UNIT_ACTIVATING, "unit " + unit.getName());
  }

  static void activating(Draft draft, Rollout.Builder rollout) {
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
    Named waiting = RolloutSwitch.activate(draft, rollout);
    int lacking = unstaged(draft, rollout) + RolloutSupply.uninstalled(draft, rollout);
    String dry = RolloutSupply.keep(draft, rollout, lacking);
    RolloutCount.units(draft, rollout);
    RolloutUnit unit = rollout.getUnits(rollout.getCurrent());
    if (waiting.isEmpty() && unit.getMachines() > 0) {
      verify(draft, rollout, "switched");
      return;
    }
    rollout.setWaitingFor(
        waiting.isEmpty()
            ? unit.getName() + ": none of its machines can be switched: " + others(draft, rollout)
            : unit.getName() + ": " + waiting + (dry.isEmpty() ? "" : "; " + dry));
    if (RolloutSteps.isLate(draft, rollout)) {
      activationLate(draft, rollout);
    }
  }

  private static int unstaged(Draft draft, Rollout.Builder rollout) {
    RolloutUnit unit = rollout.getUnits(rollout.getCurrent());
    return draft.indexes().standings.count(rollout, unit, Standing.UNSTAGED);
  }

  private static void verify(Draft draft, Rollout.Builder rollout, String text) {
    String unit = rollout.getUnits(rollout.getCurrent()).getName();
    RolloutSteps.move(
        draft, rollout, Rollout.State.VERIFYING, "unit %s is %s".formatted(unit, text));
    RolloutSteps.unitState(
        draft, rollout, rollout.getCurrent(), RolloutUnit.State.UNIT_VERIFYING, text);
    verifying(draft, rollout);
  }

  /** The version is judged by the machines that run it; what kept others from it is no failure. */
  private static void activationLate(Draft draft, Rollout.Builder rollout) {
    RolloutUnit unit = rollout.getUnits(rollout.getCurrent());
    StandingIndex standings = draft.indexes().standings;
    boolean noneLeft = standings.count(rollout, unit, Standing.READY, Standing.UNSTAGED) == 0;
    if (standings.count(rollout, unit, Standing.AWAY, Standing.GONE) > 0) {
      RolloutSteps.fail(draft, rollout, "deadline: " + rollout.getWaitingFor());
    } else if (noneLeft && unit.getMachines() > 0) {
      verify(draft, rollout, "switched but for " + others(draft, rollout));
    } else {
      RolloutSteps.pause(draft, rollout, "deadline: " + rollout.getWaitingFor());
    }
  }

  static void verifying(Draft draft, Rollout.Builder rollout) {
    if (isEmptied(draft, rollout) || failed(draft, rollout)) {
      return;
    }
    RolloutUnit unit = rollout.getUnits(rollout.getCurrent());
    double share = rollout.getPolicy().getSuccessShare();
    if (RolloutCount.reached(unit.getHealthy(), unit.getMachines(), share)) {
      pass(draft, rollout, unit);
      return;
    }
    String dry = RolloutSupply.keep(draft, rollout, RolloutSupply.uninstalled(draft, rollout));
    rollout.setWaitingFor(
        unit.getMachines() == 0
            ? "%s: no machine on the new version is in service".formatted(unit.getName())
            : "%s: %s of %s not healthy: %s%s"
                .formatted(
                    unit.getName(),
                    unit.getMachines() - unit.getHealthy(),
                    unit.getMachines(),
                    blockers(draft, rollout, Standing.AWAY),
                    dry.isEmpty() ? "" : "; " + dry));
    if (RolloutSteps.isLate(draft, rollout) && unit.getMachines() > 0) {
      RolloutSteps.fail(draft, rollout, "deadline: " + rollout.getWaitingFor());
    } else if (RolloutSteps.isLate(draft, rollout)) {
      RolloutSteps.pause(draft, rollout, "deadline: " + rollout.getWaitingFor());
    }
  }

  /** Machines of the current unit that are not brought to the new version, and why. */
  private static Named others(Draft draft, Rollout.Builder rollout) {
    return blockers(
        draft,
        rollout,
        Standing.BUSY,
        Standing.EXCUSED,
        Standing.GONE,
        Standing.LEFT,
        Standing.READY,
        Standing.UNSTAGED);
  }

  /** Machines of the current unit that stand so, and what keeps them from being healthy on it. */
  private static Named blockers(Draft draft, Rollout.Builder rollout, Standing... standings) {
    RolloutUnit unit = rollout.getUnits(rollout.getCurrent());
    Named blockers = new Named();
    for (Standing standing : standings) {
      blockers.addAll(
          draft.indexes().standings.of(rollout, unit, standing),
          each -> blocker(draft, rollout, each));
    }
    return blockers;
  }

  private static String blocker(Draft draft, Rollout.Builder rollout, String name) {
    Machine machine = draft.machine(name).orElseThrow();
    return "%s (%s)".formatted(name, RolloutSwitch.blocker(draft, machine, rollout.getThing()));
  }

  /** Leaves out a unit whose last machine of the type has left it. */
  private static boolean isEmptied(Draft draft, Rollout.Builder rollout) {
    RolloutUnit unit = rollout.getUnits(rollout.getCurrent());
    if (Rollouts.size(draft, rollout, unit) > 0) {
      return false;
    }
    RolloutSteps.unitState(
        draft,
        rollout,
        rollout.getCurrent(),
        RolloutUnit.State.SKIPPED,
        "no machine of type %s is left in it".formatted(rollout.getType()));
    next(draft, rollout);
    return true;
  }

  private static void pass(Draft draft, Rollout.Builder rollout, RolloutUnit unit) {
    RolloutSteps.unitState(
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
      RolloutSteps.move(draft, rollout, Rollout.State.SOAKING, "unit " + unit.getName() + " soaks");
    } else {
      RolloutSwitch.releaseUnit(draft, rollout, rollout.getCurrent());
      next(draft, rollout);
    }
  }

  static void soaking(Draft draft, Rollout.Builder rollout) {
    if (failed(draft, rollout)) {
      return;
    }
    RolloutUnit unit = rollout.getUnits(rollout.getCurrent());
    if (draft.nowMillis() >= rollout.getSince() + rollout.getPolicy().getSoakMs()) {
      RolloutSwitch.releaseUnit(draft, rollout, rollout.getCurrent());
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
      RolloutSteps.move(draft, rollout, Rollout.State.COMPLETED, completion(rollout));
      // also of machines that moved to a unit that was done
      RolloutSwitch.release(draft, rollout);
      return;
    }
    if (rollout.getState() != Rollout.State.ACTIVATING) {
      RolloutSteps.move(
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
    List<String> failed = RolloutCount.failed(draft, rollout, unit);
    if (failed.size() <= allowed) {
      return false;
    }
    RolloutSteps.fail(
        draft,
        rollout,
        "%s of %s machines of %s failed on %s, %s allowed: %s"
            .formatted(
                failed.size(),
                Math.max(unit.getMachines(), unit.getSwitchedCount()),
                unit.getName(),
                Texts.ref(rollout.getTo()),
                allowed,
                Named.of(failed, each -> blocker(draft, rollout, each))));
    return true;
  }
}

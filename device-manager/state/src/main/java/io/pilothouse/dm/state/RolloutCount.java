package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutUnit;
import java.util.List;
import java.util.SortedSet;

/** Counts what a rollout is judged by. Machines that people took out of service count nowhere. */
final class RolloutCount {
  // whole parts per hundred thousand: no rounding may differ between replicas
  private static final long ALL = 100_000;

  private RolloutCount() {}

  /** Recounts machines and healthy ones of the units that were begun. */
  static void units(Entities state, Rollout.Builder rollout) {
    for (int i = 0; i < rollout.getUnitsCount(); i++) {
      RolloutUnit unit = rollout.getUnits(i);
      if (unit.getState() == RolloutUnit.State.PENDING
          || unit.getState() == RolloutUnit.State.SKIPPED) {
        continue;
      }
      // until all are switched, those still to be switched count as well: a first failure is
      // one of the unit, not one of the first batch
      boolean activating = i == rollout.getCurrent() && isActivating(rollout);
      StandingIndex standings = state.indexes().standings;
      int healthy = standings.count(rollout, unit, Standing.HEALTHY);
      int machines =
          rollout.getState() == Rollout.State.ROLLING_BACK
              ? unit.getMachines()
              : standings.count(rollout, unit, Standing.HEALTHY, Standing.AWAY);
      if (activating) {
        machines += standings.count(rollout, unit, Standing.READY, Standing.UNSTAGED);
      }
      if (machines != unit.getMachines() || healthy != unit.getHealthy()) {
        rollout.setUnits(i, unit.toBuilder().setMachines(machines).setHealthy(healthy));
      }
    }
  }

  private static boolean isActivating(Rollout.Builder rollout) {
    return rollout.getState() == Rollout.State.ACTIVATING
        || (rollout.getState() == Rollout.State.PAUSED
            && rollout.getResumeTo() == Rollout.State.ACTIVATING);
  }

  /** How many machines of a unit may fail without the unit failing. */
  static long failuresAllowed(Entities state, Rollout.Builder rollout, RolloutUnit unit) {
    SortedSet<String> excused = state.indexes().standings.of(rollout, unit, Standing.EXCUSED);
    // one that failed and is held since counts on both sides, as it did before the hold
    long failed = excused.stream().filter(unit.getFailedList()::contains).count();
    long machines = failed + Math.max(unit.getMachines(), unit.getSwitchedCount() - excused.size());
    return machines * (ALL - parts(rollout.getPolicy().getSuccessShare())) / ALL;
  }

  /**
   * Machines of a unit that failed on the version, but for those that have left the fleet since.
   */
  static List<String> failed(Entities state, Rollout.Builder rollout, RolloutUnit unit) {
    return RolloutSwitch.machines(state, unit.getFailedList()).stream()
        // a new machine may have come under the same name
        .filter(each -> each.getRolloutId().equals(rollout.getId()))
        .map(Machine::getName)
        .toList();
  }

  /** Whether {@code part} of {@code all} is at least a share in percent; none is no share. */
  static boolean reached(int part, int all, double percent) {
    return all > 0 && part * ALL >= all * parts(percent);
  }

  private static long parts(double percent) {
    return StrictMath.round(percent * (ALL / 100));
  }
}

package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutUnit;

/** Before a rollout switches anybody: the version comes to the machines' disks. */
final class RolloutStaging {
  // of more machines than this the share is told, and not each that has it
  private static final int COUNTED = 1000;

  private RolloutStaging() {}

  static void step(Draft draft, Rollout.Builder rollout) {
    StandingIndex standings = draft.indexes().standings;
    Named missing = new Named();
    int eligible = 0;
    int lacking = 0;
    int all = 0;
    for (RolloutUnit unit : rollout.getUnitsList()) {
      if (RolloutCanary.is(unit)) {
        continue; // its machines are those of scale units, too
      }
      all += Rollouts.size(draft, rollout, unit);
      eligible +=
          standings.count(rollout, unit, Standing.READY, Standing.UNSTAGED, Standing.HEALTHY);
      lacking += standings.count(rollout, unit, Standing.UNSTAGED);
      missing.addAll(standings.of(rollout, unit, Standing.UNSTAGED), each -> each);
    }
    int staged = eligible - lacking;
    String dry = RolloutSupply.keep(draft, rollout, lacking);
    if (RolloutCount.reached(staged, eligible, rollout.getPolicy().getStagedShare())) {
      RolloutSteps.move(
          draft,
          rollout,
          Rollout.State.ACTIVATING,
          "staged on %s of %s eligible machines".formatted(staged, eligible));
      RolloutUnits.begin(draft, rollout, 0);
      RolloutUnits.activating(draft, rollout);
    } else if (RolloutSteps.isLate(draft, rollout)) {
      RolloutSteps.pause(
          draft,
          rollout,
          eligible == 0
              ? "staging found no machine in service before its deadline"
              : "staging did not end before its deadline: missing on " + missing);
    } else {
      rollout.setWaitingFor(
          eligible == 0
              ? "a machine in service: none of %s is HEALTHY".formatted(all)
              : words(staged, eligible, missing) + (dry.isEmpty() ? "" : "; " + dry));
    }
  }

  /** Stored whenever it changes, so of many machines it changes by whole percents only. */
  private static String words(int staged, int eligible, Named missing) {
    return eligible <= COUNTED
        ? "staging: %s of %s hold it, missing on %s".formatted(staged, eligible, missing)
        : "staging: %s%% of %s hold it".formatted(100L * staged / eligible, eligible);
  }
}

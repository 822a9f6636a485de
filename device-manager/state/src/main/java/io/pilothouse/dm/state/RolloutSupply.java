package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutUnit;
import io.pilothouse.api.v1.Thing;

/**
 * Whether a rollout's version can be had. Its deadlines are for machines that are slow or ill:
 * while some lack the version and no deployment replica has it for them, no deadline runs.
 */
final class RolloutSupply {

  private RolloutSupply() {}

  /**
   * Stops the deadline, or has it begin anew.
   *
   * @param lacking machines that do not hold all of the version
   * @return why it is stopped; empty when it runs
   */
  static String keep(Draft draft, Rollout.Builder rollout, int lacking) {
    if (lacking > 0 && !Manifests.isHeld(draft, rollout.getTo())) {
      rollout.setDeadline(0);
      return Manifests.notHeld(rollout.getTo());
    }
    if (rollout.getDeadline() == 0) {
      rollout.setDeadline(draft.nowMillis() + rollout.getPolicy().getDeadlineMs());
    }
    return "";
  }

  /** Machines of the current unit that are to be installed with the image, or are just being. */
  static int uninstalled(Draft draft, Rollout.Builder rollout) {
    if (rollout.getThing() != Thing.THING_IMAGE) {
      return 0;
    }
    RolloutUnit unit = rollout.getUnits(rollout.getCurrent());
    int uninstalled = 0;
    for (String name : draft.indexes().standings.of(rollout, unit, Standing.AWAY)) {
      Machine machine = draft.machine(name).orElseThrow();
      uninstalled += ImageSwitch.isOut(machine, rollout.getId()) ? 1 : 0;
    }
    return uninstalled;
  }
}

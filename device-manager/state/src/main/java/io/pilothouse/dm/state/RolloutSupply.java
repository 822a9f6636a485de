package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Rollout;

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
      return "no deployment replica that is up holds all of " + Texts.ref(rollout.getTo());
    }
    if (rollout.getDeadline() == 0) {
      rollout.setDeadline(draft.nowMillis() + rollout.getPolicy().getDeadlineMs());
    }
    return "";
  }
}

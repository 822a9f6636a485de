package io.pilothouse.dm.state;

import io.pilothouse.api.log.v1.DecideRepair;
import io.pilothouse.api.log.v1.Refusal;

/** What waits for a person's word: approved, denied, or decided otherwise. */
final class Approvals {

  private Approvals() {}

  /** A person decides about a repair that waits for approval. */
  static void decide(Draft draft, DecideRepair command) throws RefusedException {
    if (draft.repair(command.getRepair()).isEmpty()) {
      throw new RefusedException(
          Refusal.Code.NOT_FOUND,
          "no repair \"" + command.getRepair() + "\"",
          "`pilot repair list` shows them");
    }
  }
}

package io.pilothouse.dm.state;

import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Veto;
import java.util.Optional;

/** Errors that one cause explains: correlated failures, the mass-failure stop, noisy watchdogs. */
final class Incidents {

  private Incidents() {}

  /** Opens, follows and closes incidents as errors come and go. */
  static void settle(Draft draft) {}

  /** Why the machine's repair waits, when an open incident explains its error. */
  static Optional<Veto> veto(Entities state, Machine machine) {
    return Optional.empty();
  }

  /** A person says that an incident is over. */
  static void resolve(Draft draft, String id) throws RefusedException {
    if (draft.incident(id).isEmpty()) {
      throw new RefusedException(
          Refusal.Code.NOT_FOUND, "no incident \"" + id + "\"", "`pilot incident list` shows them");
    }
  }
}

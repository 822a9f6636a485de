package io.pilothouse.dm.state;

import io.pilothouse.api.log.v1.HoldDomain;
import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Veto;
import java.util.Optional;

/** Operators' vetoes over whole domains: no repair or rollout touches what is in them. */
final class DomainHolds {

  private DomainHolds() {}

  /** A person holds a domain, or ends that. */
  static void hold(Draft draft, HoldDomain command) throws RefusedException {
    if (!command.getDomain().equals("fleet")) {
      throw new RefusedException(
          Refusal.Code.NOT_FOUND,
          "no domain \"" + command.getDomain() + "\"",
          "`pilot repair budget` shows them");
    }
  }

  /** Ends holds whose time is over. */
  static void expire(Draft draft) {}

  /** Why a machine is left alone, when one of its domains is held. */
  static Optional<Veto> veto(Entities state, Machine machine) {
    return Optional.empty();
  }
}

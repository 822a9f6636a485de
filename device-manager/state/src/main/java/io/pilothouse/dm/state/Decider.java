package io.pilothouse.dm.state;

import io.pilothouse.api.log.v1.Reply;

/** Decides one request: exactly-once check, the command's rules, then the fleet-wide rules. */
final class Decider {

  Reply decide(Draft draft) {
    throw new UnsupportedOperationException("not written yet: " + draft.request());
  }
}

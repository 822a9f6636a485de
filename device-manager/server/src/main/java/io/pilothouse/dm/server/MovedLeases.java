package io.pilothouse.dm.server;

import io.pilothouse.api.v1.Lease;
import io.pilothouse.dm.state.Change;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Tells a lease whose holder serves elsewhere from one that was renewed: every few seconds, and
 * each would wake every machine that looks for the holder.
 *
 * <p>Of the thread that applies. It knows nothing at its start, so the first renewal counts.
 */
final class MovedLeases {
  private final Map<String, String> addresses = new HashMap<>();

  /** What the change touches in this regard. */
  Optional<Topic> of(Change change) {
    if (!(change.value() instanceof Lease lease)) {
      return Optional.empty();
    }
    String before = addresses.put(lease.getRole(), lease.getAddress());
    return lease.getAddress().equals(before)
        ? Optional.empty()
        : Optional.of(Topic.movedLease(lease.getRole()));
  }
}

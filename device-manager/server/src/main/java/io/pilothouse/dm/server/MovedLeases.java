package io.pilothouse.dm.server;

import io.pilothouse.api.v1.Lease;
import io.pilothouse.dm.state.Change;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Tells a lease that went to another holder, or whose holder serves elsewhere, from one that was
 * renewed: every few seconds, and each would wake every machine that looks for the holder. A new
 * token of the same holder wakes standbys alone: who stands by watches the holder of a token.
 *
 * <p>Of the thread that applies. It knows nothing at its start, so the first renewal counts.
 */
final class MovedLeases {

  /** A lease but for what a renewal changes. */
  private record Seen(String holder, long token, String address, String api) {}

  private final Map<String, Seen> leases = new HashMap<>();

  /** What the change touches in this regard. */
  Set<Topic> of(Change change) {
    if (!(change.value() instanceof Lease lease)) {
      return Set.of();
    }
    Seen now = new Seen(lease.getHolder(), lease.getToken(), lease.getAddress(), lease.getApi());
    @Nullable Seen before = leases.put(lease.getRole(), now);
    Set<Topic> touched = new HashSet<>();
    if (before == null || !before.address().equals(now.address())) {
      touched.add(Topic.movedLease(lease.getRole()));
    }
    if (before == null
        || !before.holder().equals(now.holder())
        || before.token() != now.token()
        || !before.api().equals(now.api())) {
      touched.add(Topic.ledLease(lease.getRole()));
    }
    return touched;
  }
}

package io.pilothouse.dm.raft;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What this replica knows about a peer.
 *
 * @param self whether the peer is this replica
 * @param leader whether it leads, as far as this replica knows
 * @param matchIndex up to which log index it holds the leader's log; only the leader knows
 * @param lastContact since when the leader has not heard it; only the leader knows
 * @param priority of two that could lead, the higher one does
 */
public record PeerStatus(
    Peer peer,
    boolean self,
    boolean leader,
    OptionalLong matchIndex,
    Optional<Duration> lastContact,
    int priority) {

  /** A follower that answers no heartbeat for this long is down. */
  private static final Duration UP = Duration.ofSeconds(3);

  /** Whether it is this replica, or the leader has heard it lately. */
  public boolean isUp() {
    return self || lastContact.filter(silence -> silence.compareTo(UP) < 0).isPresent();
  }
}

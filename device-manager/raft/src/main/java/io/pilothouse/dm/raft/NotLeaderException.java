package io.pilothouse.dm.raft;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** This replica does not lead, or not yet: nothing was done; ask the leader. */
public final class NotLeaderException extends SubmitException {

  private final transient @Nullable Peer leader;

  NotLeaderException(String message, @Nullable Peer leader) {
    super(message);
    this.leader = leader;
  }

  static NotLeaderException of(String self, @Nullable Peer leader) {
    return new NotLeaderException(
        leader == null
            ? "replica " + self + " does not lead and knows no leader yet; retry in a moment"
            : "replica " + self + " does not lead; ask " + leader.id() + " at " + leader.grpc(),
        leader);
  }

  /** Who leads, when known; never this replica itself. */
  public Optional<Peer> leader() {
    return Optional.ofNullable(leader);
  }
}

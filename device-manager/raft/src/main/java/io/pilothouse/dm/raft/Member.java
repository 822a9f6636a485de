package io.pilothouse.dm.raft;

import static java.util.Objects.requireNonNull;

/**
 * A replica as the log has it.
 *
 * @param priority of two that could lead, the one with the higher priority does; 0 is usual
 */
public record Member(Peer peer, int priority) {

  /** Priorities are not negative. */
  public Member {
    requireNonNull(peer, "peer");
    if (priority < 0 || priority > 100) {
      throw new IllegalArgumentException(
          "priority %d of %s; expected 0 to 100".formatted(priority, peer.id()));
    }
  }

  /** Its id. */
  public String id() {
    return peer.id();
  }
}

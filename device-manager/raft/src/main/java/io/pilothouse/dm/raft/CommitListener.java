package io.pilothouse.dm.raft;

import io.pilothouse.dm.state.Applied;

/**
 * Follows the state of one replica. Calls come one at a time, from the thread that applies entries
 * or, when leadership is lost, from the one that noticed it. They must not block, throw, or call
 * back into the replica other than by {@link Replica#read}.
 */
public interface CommitListener {

  /**
   * An entry was applied, here, on leader and followers alike. Not called for what was loaded from
   * disk or a snapshot: after a start or an install, look at the state.
   */
  void applied(long index, Applied applied);

  /**
   * This replica began to lead (its state then holds all that was acknowledged before) or ceased
   * to. Begin and end alternate.
   */
  void leadershipChanged(boolean leader);

  /** The state was replaced as a whole by a leader's snapshot of {@code index}. */
  default void stateReplaced(long index) {}
}

package io.pilothouse.dm.server;

import io.pilothouse.dm.raft.CommitListener;
import io.pilothouse.dm.state.Applied;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Holds the {@link LastHeard} of the present term: each election starts with an empty one. */
final class Term implements CommitListener {

  private static final Logger log = LoggerFactory.getLogger(Term.class);

  private volatile LastHeard lastHeard = new LastHeard();

  /** Hold on to it for the length of one piece of work; the next may belong to another term. */
  LastHeard lastHeard() {
    return lastHeard;
  }

  @Override
  public void leadershipChanged(boolean leader) {
    lastHeard = new LastHeard();
    log.info("This replica {}", leader ? "leads" : "leads no longer");
  }

  @Override
  public void applied(long index, Applied applied) {}
}

package io.pilothouse.dm.raft;

import io.pilothouse.api.log.v1.Entry;
import io.pilothouse.dm.state.Applied;
import io.pilothouse.dm.state.Levels;
import io.pilothouse.dm.state.State;

/** How a log entry changes the state: {@code new Apply()::apply}, or a test's own. */
@FunctionalInterface
interface Applier {

  /** Must depend on the arguments alone; an exception stops the replica. */
  Applied apply(State state, Entry entry, long index);

  /** By which rules it can: a state at another level ends the replica. */
  default Levels levels() {
    return Levels.BUILD;
  }
}

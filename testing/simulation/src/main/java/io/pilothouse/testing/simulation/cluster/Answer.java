package io.pilothouse.testing.simulation.cluster;

import io.pilothouse.api.log.v1.Reply;
import io.pilothouse.api.v1.Repair;
import java.util.List;

/** What a replica's edge answers. */
sealed interface Answer {

  /** The log decided, refusals included. */
  record Decided(Reply reply) implements Answer {}

  /** A machine's hold as of a revision; empty when there is none. */
  record Hold(String reason, long revision) implements Answer {}

  /** The repairs that are open as of a revision. */
  record Tasks(List<Repair> repairs, long revision) implements Answer {}

  /** A report was taken, or did not matter. */
  record Taken(long floor) implements Answer {}

  /** The agent is not known with this boot: it must register. */
  record RegisterAgain() implements Answer {}

  /** Not here, not now, or nobody knows; who leads instead, if that is known. */
  record Unavailable(int leader) implements Answer {}
}

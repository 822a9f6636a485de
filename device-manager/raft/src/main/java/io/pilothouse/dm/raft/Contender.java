package io.pilothouse.dm.raft;

import java.util.Comparator;
import org.apache.ratis.server.protocol.TermIndex;

/**
 * A replica that could lead; the greatest of a majority is elected if it alone stands: no voter has
 * more of the log, and of those with as much none has a higher priority, for which Ratis would
 * refuse its vote.
 *
 * @param end of its log
 */
record Contender(String id, TermIndex end, int priority) implements Comparable<Contender> {

  private static final Comparator<Contender> ORDER =
      Comparator.comparing(Contender::end)
          .thenComparingInt(Contender::priority)
          .thenComparing(Contender::id, Comparator.reverseOrder());

  @Override
  public int compareTo(Contender other) {
    return ORDER.compare(this, other);
  }
}

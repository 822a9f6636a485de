package io.pilothouse.testing.simulation.cluster;

import java.util.List;

/** What replicas tell each other about the log. Each carries the term of its sender. */
sealed interface Message {
  long term();

  int from();

  /**
   * Asks for a vote.
   *
   * @param term that the candidate stands in, or would
   * @param trial only asks whether it would get the vote
   * @param round to which the answer belongs
   */
  record AskVote(long term, int from, long lastIndex, long lastTerm, boolean trial, long round)
      implements Message {}

  record Vote(long term, int from, boolean granted, boolean trial, long round) implements Message {}

  /** The leader's entries behind one that both have, or none: a heartbeat. */
  record Append(
      long term,
      int from,
      long previousIndex,
      long previousTerm,
      List<LogRecord> records,
      long commit)
      implements Message {}

  record Install(long term, int from, Disk.Stored snapshot) implements Message {}

  /**
   * The answer to both.
   *
   * @param matched up to where its disk has the leader's log; when not ok, where to look for that
   */
  record Appended(long term, int from, boolean ok, long matched) implements Message {}

  /** The leader hands over: stand at once. */
  record Stand(long term, int from) implements Message {}

  /** Asks which term it is, for a read. */
  record AskTerm(long term, int from, long round) implements Message {}

  record TermIs(long term, int from, long round) implements Message {}
}

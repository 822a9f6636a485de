package io.pilothouse.testing.simulation.cluster;

import io.pilothouse.api.log.v1.Entry;
import org.jspecify.annotations.Nullable;

/**
 * One entry of the replicated log: the state machine's, new members, or neither: a leader's first.
 */
record LogRecord(long term, @Nullable Entry entry, @Nullable Members members) {

  static LogRecord first(long term) {
    return new LogRecord(term, null, null);
  }

  static LogRecord of(long term, Entry entry) {
    return new LogRecord(term, entry, null);
  }

  static LogRecord of(long term, Members members) {
    return new LogRecord(term, null, members);
  }

  @Override
  public String toString() {
    String what =
        entry != null
            ? entry.getRequestsList().stream()
                .map(each -> each.getCommand().getKindCase().name())
                .toList()
                .toString()
            : members != null ? members.toString() : "first";
    return term + " " + what;
  }
}

package io.pilothouse.dm.state;

import io.pilothouse.api.log.v1.Entry;
import io.pilothouse.api.log.v1.Event;
import io.pilothouse.api.log.v1.Meta;
import io.pilothouse.api.log.v1.Reply;
import io.pilothouse.api.log.v1.Request;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Applies log entries: the only way the state changes. */
public final class Apply {

  private final Decider decider = new Decider();

  /**
   * Decides each request of the entry in order and replays its events.
   *
   * @param index the entry's log index; strictly above any applied before
   */
  public Applied apply(State state, Entry entry, long index) {
    List<Event> events = new ArrayList<>();
    List<Reply> replies = new ArrayList<>();
    long at = Math.max(state.meta().getNow(), entry.getAt());
    if (at > state.meta().getNow()) {
      Event clock = Event.newBuilder().setMeta(clock(state.meta(), entry, at)).build();
      state.replay(clock);
      events.add(clock);
    }
    int ordinal = 0;
    for (Request request : entry.getRequestsList()) {
      Draft draft = new Draft(state, Instant.ofEpochMilli(at), index, request, ordinal);
      Reply reply = decider.decide(draft);
      replies.add(reply);
      events.addAll(draft.events());
      ordinal += draft.audits();
    }
    return new Applied(List.copyOf(events), List.copyOf(replies));
  }

  /** A state whose clock was never set is a new cluster's: its first entry says by which rules. */
  private static Meta clock(Meta before, Entry entry, long at) {
    Meta.Builder meta = before.toBuilder().setNow(at);
    return before.getNow() == 0 && entry.getBornAtLevel() > 0
        ? meta.setFeatureLevel(entry.getBornAtLevel()).build()
        : meta.build();
  }
}

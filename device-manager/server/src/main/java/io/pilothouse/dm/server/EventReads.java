package io.pilothouse.dm.server;

import com.google.protobuf.Message;
import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.ListEventsReply;
import io.pilothouse.api.v1.ListEventsRequest;
import io.pilothouse.dm.state.Change;
import io.pilothouse.dm.state.Entities;
import io.pilothouse.dm.state.Table;
import io.pilothouse.dm.state.Trail;
import io.pilothouse.manifests.policy.Glob;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;

/**
 * The audit trail as a long poll. The revision of an answer is where the next one goes on: all
 * records up to it were looked at, and never a part of one entry's records.
 */
final class EventReads {

  private static final int DEFAULT_LIMIT = 1000;
  private static final int LARGEST_LIMIT = 10_000;

  /** As many as the state keeps; below that nothing was ever dropped. */
  private static final int KEPT = 50_000;

  private final Writes writes;
  private final Pulls pulls;
  private final Waiters waiters;

  EventReads(Writes writes, Pulls pulls, Waiters waiters) {
    this.writes = writes;
    this.pulls = pulls;
    this.waiters = waiters;
  }

  ListEventsReply list(ListEventsRequest request) {
    writes.linearize();
    if (request.getLast() > 0) {
      return read(request, state -> newest(state, request));
    }
    Patience patience = new Patience(request.getWaitMs());
    if (patience.isOver()) {
      return read(request, state -> since(state, request));
    }
    ListEventsRequest next = request;
    try (Waiters.Waiter waiter = waiters.open(Set.of(Topic.any(Table.AUDIT)))) {
      while (true) {
        // after the waiter was opened, so that a change of leader in between is not missed
        writes.requireLeader();
        ListEventsRequest asked = next;
        ListEventsReply reply = read(asked, state -> since(state, asked));
        if (reply.getItemsCount() > 0 || patience.isOver()) {
          return reply;
        }
        // what was looked at need not be again
        next = asked.toBuilder().setSinceIndex(reply.getRevision()).build();
        waiter.await(patience.left());
      }
    }
  }

  private interface Reader {
    ListEventsReply.Builder read(Entities state);
  }

  private ListEventsReply read(ListEventsRequest request, Reader reader) {
    Pulls.Answer<ListEventsReply.Builder> answer = pulls.read(reader::read);
    ListEventsReply.Builder reply = answer.message();
    if (reply.getRevision() == 0) {
      reply.setRevision(Math.max(answer.revision(), request.getSinceIndex()));
    }
    return reply.build();
  }

  /**
   * From the one after {@code since_index} on; leaves the revision unset when it reached the end.
   */
  private static ListEventsReply.Builder since(Entities state, ListEventsRequest request) {
    int limit =
        request.getLimit() <= 0 ? DEFAULT_LIMIT : Math.min(request.getLimit(), LARGEST_LIMIT);
    ListEventsReply.Builder reply = ListEventsReply.newBuilder();
    SortedMap<String, Message> audit = state.table(Table.AUDIT);
    reply.setCompactedBelow(compactedBelow(audit));
    String from = Change.auditKey(request.getSinceIndex() + 1, 0);
    reply.setChainPrev(Trail.hashBefore(state, from)).setChainHead(Trail.head(state));
    long last = 0;
    for (Message message : audit.tailMap(from).values()) {
      AuditRecord record = (AuditRecord) message;
      if (reply.getItemsCount() >= limit && record.getIndex() != last) {
        return reply.setRevision(last);
      }
      if (matches(record, request)) {
        reply.addItems(record);
      }
      last = record.getIndex();
    }
    return reply;
  }

  private static ListEventsReply.Builder newest(Entities state, ListEventsRequest request) {
    int last = Math.min(request.getLast(), LARGEST_LIMIT);
    SortedMap<String, Message> audit = state.table(Table.AUDIT);
    List<AuditRecord> found = new ArrayList<>();
    for (Message message : audit.reversed().values()) {
      AuditRecord record = (AuditRecord) message;
      if (record.getIndex() <= request.getSinceIndex()
          || record.getAt() < request.getSinceAt()
          || found.size() == last) {
        break;
      }
      if (matches(record, request)) {
        found.add(record);
      }
    }
    Collections.reverse(found);
    return ListEventsReply.newBuilder().addAllItems(found).setCompactedBelow(compactedBelow(audit));
  }

  private static boolean matches(AuditRecord record, ListEventsRequest request) {
    return (request.getMachine().isEmpty() || request.getMachine().equals(record.getMachine()))
        && (request.getSubject().isEmpty() || request.getSubject().equals(record.getSubject()))
        && (request.getKind().isEmpty() || request.getKind().equals(record.getKind()))
        && (request.getPrincipal().isEmpty()
            || Glob.matches(request.getPrincipal(), record.getPrincipal()))
        && record.getAt() >= request.getSinceAt();
  }

  /** The first entry of which all records are there: of the oldest one some may be gone. */
  private static long compactedBelow(SortedMap<String, Message> audit) {
    if (audit.size() < KEPT) {
      return 0;
    }
    AuditRecord oldest = (AuditRecord) audit.firstEntry().getValue();
    return oldest.getOrdinal() == 0 ? oldest.getIndex() : oldest.getIndex() + 1;
  }
}

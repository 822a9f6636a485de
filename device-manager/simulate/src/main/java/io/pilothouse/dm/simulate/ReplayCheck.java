package io.pilothouse.dm.simulate;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.pilothouse.api.log.v1.ClientSession;
import io.pilothouse.api.log.v1.Entry;
import io.pilothouse.api.log.v1.Meta;
import io.pilothouse.api.log.v1.Request;
import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.dm.state.Apply;
import io.pilothouse.dm.state.Change;
import io.pilothouse.dm.state.State;
import io.pilothouse.dm.state.StateDigest;
import io.pilothouse.dm.state.Table;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * A second replica. It loads the snapshot that the run began with, applies the same log, loses its
 * memory half-way and loads a snapshot again; a third one gets the same requests in other entries.
 */
final class ReplayCheck {
  private static final String NAME = "8 replay gives the same state";

  private ReplayCheck() {}

  /** The state through its stored form. */
  static State stored(State state) {
    State restored = new State();
    for (Table table : Table.values()) {
      for (Map.Entry<String, Message> each : state.table(table).entrySet()) {
        try {
          Message value = table.parse(each.getValue().toByteArray());
          restored.put(new Change(table, each.getKey(), value));
        } catch (InvalidProtocolBufferException e) {
          throw new IllegalStateException("what was just written cannot be read", e);
        }
      }
    }
    return restored;
  }

  /**
   * Compares.
   *
   * @param start the state before the first of these entries
   * @param startIndex index of the entry before
   */
  static void check(State start, long startIndex, List<Entry> log, State now, Random random) {
    State again = run(start, startIndex, log, log.isEmpty() ? -1 : random.nextInt(log.size()));
    if (!StateDigest.of(again).equals(StateDigest.of(now))) {
      throw new Violation(NAME, "with a snapshot half-way: " + difference(again, now));
    }
    State batched = run(start, startIndex, batchAnew(log, random), -1);
    String difference = difference(batched, now);
    if (!difference.isEmpty()) {
      throw new Violation(NAME, "in other entries: " + difference);
    }
  }

  private static State run(State start, long startIndex, List<Entry> log, int snapshotAt) {
    State state = stored(start);
    Apply apply = new Apply();
    long index = startIndex;
    for (int i = 0; i < log.size(); i++) {
      apply.apply(state, log.get(i), ++index);
      state = i == snapshotAt ? stored(state) : state;
    }
    return state;
  }

  /** The same requests at the same times, in other entries. */
  private static List<Entry> batchAnew(List<Entry> log, Random random) {
    List<Entry> other = new ArrayList<>();
    Entry.Builder open = Entry.newBuilder();
    for (Entry entry : log) {
      for (Request request : entry.getRequestsList()) {
        boolean closes =
            open.getRequestsCount() > 0
                && (entry.getAt() != open.getAt() || random.nextInt(3) == 0);
        if (closes) {
          other.add(open.build());
          open = Entry.newBuilder();
        }
        open.setAt(entry.getAt()).setBornAtLevel(entry.getBornAtLevel()).addRequests(request);
      }
    }
    if (open.getRequestsCount() > 0) {
      other.add(open.build());
    }
    return other;
  }

  /** The first difference that is not an index of the log; empty when there is none. */
  private static String difference(State one, State other) {
    for (Table table : Table.values()) {
      Iterator<Message> left = one.table(table).values().iterator();
      Iterator<Message> right = other.table(table).values().iterator();
      while (left.hasNext() && right.hasNext()) {
        Message a = withoutIndex(left.next());
        Message b = withoutIndex(right.next());
        if (!a.equals(b)) {
          return "%s: %s is not %s".formatted(table, a, b);
        }
      }
      if (left.hasNext() || right.hasNext()) {
        return table + " is longer in one than in the other";
      }
    }
    return "";
  }

  /**
   * Revisions are indexes of the log, and the hashes of the trail cover them: they differ in other
   * entries, and nothing else may.
   */
  private static Message withoutIndex(Message message) {
    return switch (message) {
      case Meta meta ->
          meta.toBuilder().clearFleetRevision().clearAuditHash().clearAuditBase().build();
      case Machine machine -> machine.toBuilder().clearRevision().build();
      case ClientSession session -> {
        ClientSession.Builder same = session.toBuilder();
        same.getReplyBuilder().clearRevision();
        yield same.build();
      }
      case AuditRecord record -> record.toBuilder().clearIndex().clearOrdinal().clearHash().build();
      default -> message;
    };
  }
}

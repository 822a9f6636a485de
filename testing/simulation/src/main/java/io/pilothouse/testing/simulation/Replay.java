package io.pilothouse.testing.simulation;

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
 * A second replica: the same log gives the same state, wherever a snapshot was taken and however
 * its requests came in entries.
 */
final class Replay {
  private static final String NAME = "8 replay gives the same state";

  private Replay() {}

  /** Either of the two, at random: each costs as much as the run itself. */
  static void check(List<Entry> log, State state, Random random) {
    if (random.nextBoolean()) {
      asRecorded(log, state, random);
    } else {
      inOtherEntries(log, state, random);
    }
  }

  /** The very same log, with a snapshot somewhere: the digests are equal. */
  static void asRecorded(List<Entry> log, State state, Random random) {
    String digest = StateDigest.of(state);
    State same = run(log, random.nextInt(log.size()));
    if (!StateDigest.of(same).equals(digest)) {
      State plain = run(log, -1);
      throw new Violation(
          NAME,
          StateDigest.of(plain).equals(digest)
              ? "not from a snapshot: " + difference(state, same)
              : difference(state, plain));
    }
  }

  /** The same requests at the same times in other entries: all but the indexes is equal. */
  static void inOtherEntries(List<Entry> log, State state, Random random) {
    String other = difference(state, run(batchAnew(log, random), -1));
    if (!other.isEmpty()) {
      throw new Violation(NAME + " for any batching", other);
    }
  }

  /**
   * @param snapshotAt the entry after which the state goes through its stored form; -1 = never
   */
  private static State run(List<Entry> log, int snapshotAt) {
    State state = new State();
    Apply apply = new Apply();
    long index = 0;
    for (Entry entry : log) {
      apply.apply(state, entry, ++index);
      if (index - 1 == snapshotAt) {
        state = stored(state);
      }
    }
    return state;
  }

  private static State stored(State state) {
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

  /** The same requests at the same times, in other entries. */
  private static List<Entry> batchAnew(List<Entry> log, Random random) {
    List<Entry> other = new ArrayList<>();
    long now = 0;
    for (Entry entry : log) {
      boolean later = entry.getAt() > now;
      now = Math.max(now, entry.getAt());
      if (later || other.isEmpty()) {
        int level = entry.getBornAtLevel();
        other.add(Entry.newBuilder().setAt(now).setBornAtLevel(level).build());
      }
      for (Request request : entry.getRequestsList()) {
        int last = other.size() - 1;
        if (random.nextInt(3) == 0) {
          other.add(Entry.newBuilder().setAt(now).addRequests(request).build());
        } else {
          other.set(last, other.get(last).toBuilder().addRequests(request).build());
        }
      }
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
   * Revisions are indexes of the log, so they differ when the same requests came in other entries,
   * and with them the hashes of the records that hold them; all else must not.
   */
  private static Message withoutIndex(Message message) {
    return switch (message) {
      case Meta meta -> meta.toBuilder().clearFleetRevision().clearAuditHash().build();
      case Machine machine -> machine.toBuilder().clearRevision().build();
      case ClientSession session -> {
        ClientSession.Builder same = session.toBuilder();
        same.getReplyBuilder().clearRevision();
        yield same.build();
      }
      case AuditRecord record -> {
        AuditRecord.Builder same = record.toBuilder().clearIndex().clearOrdinal().clearHash();
        yield record.getKind().equals("FLEET") ? same.clearFrom().clearTo().build() : same.build();
      }
      default -> message;
    };
  }
}

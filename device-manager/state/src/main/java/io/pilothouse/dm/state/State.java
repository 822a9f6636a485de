package io.pilothouse.dm.state;

import com.google.protobuf.Message;
import io.pilothouse.api.log.v1.Event;
import io.pilothouse.api.log.v1.FleetPart;
import io.pilothouse.api.v1.DomainHold;
import io.pilothouse.api.v1.Incident;
import io.pilothouse.api.v1.Lease;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Order;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.WatchdogState;
import java.time.Instant;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * All entities, in memory, sorted. Changed only by {@link #replay}; not thread-safe, the caller
 * keeps readers apart from the one writer.
 */
public final class State implements Entities {

  private record Due(long at, Table table, String key) implements Comparable<Due> {
    @Override
    public int compareTo(Due other) {
      int byTime = Long.compare(at, other.at);
      int byTable = byTime != 0 ? byTime : table.compareTo(other.table);
      return byTable != 0 ? byTable : key.compareTo(other.key);
    }
  }

  private final Map<Table, TreeMap<String, Message>> tables = new EnumMap<>(Table.class);
  private final TreeSet<Due> due = new TreeSet<>();
  private final Indexes indexes = new Indexes();
  private @Nullable StateListener listener;

  /** Holds nothing. */
  public State() {
    for (Table table : Table.values()) {
      tables.put(table, new TreeMap<>());
    }
  }

  /** Applies an event. Never refuses. */
  public void replay(Event event) {
    put(Change.of(event));
  }

  /** Sets or removes one entity: how {@link #replay} and loading from disk change the state. */
  public void put(Change change) {
    TreeMap<String, Message> table = tables.get(change.table());
    Message value = change.value();
    Message before = value == null ? table.remove(change.key()) : table.put(change.key(), value);
    long oldDue = dueAt(before);
    if (oldDue != 0) {
      due.remove(new Due(oldDue, change.table(), change.key()));
    }
    long newDue = dueAt(value);
    if (newDue != 0) {
      due.add(new Due(newDue, change.table(), change.key()));
    }
    indexes.update(this, new Update(change.table(), change.key(), before, value));
    StateListener following = listener;
    if (following != null) {
      following.changed(change.table(), change.key(), before);
    }
  }

  /** From here on one listener hears of each change. */
  public void follow(StateListener changes) {
    listener = changes;
  }

  @Override
  public Indexes indexes() {
    return indexes;
  }

  @Override
  public SortedMap<String, Message> table(Table table) {
    return Collections.unmodifiableSortedMap(tables.get(table));
  }

  /** The state's clock: the highest stamp applied. */
  public Instant now() {
    return Instant.ofEpochMilli(meta().getNow());
  }

  /** When the next Tick has something to do; the leader proposes one then. */
  public Optional<Instant> nextDue() {
    return due.isEmpty() ? Optional.empty() : Optional.of(Instant.ofEpochMilli(due.first().at()));
  }

  /** Keys in {@code table} whose timeout is due at {@code now}, soonest first. */
  public SortedMap<String, Message> due(Table table, Instant now) {
    TreeMap<String, Message> found = new TreeMap<>();
    for (Due each : due.headSet(new Due(now.toEpochMilli() + 1, Table.META, ""))) {
      if (each.table() == table) {
        found.put(each.key(), tables.get(table).get(each.key()));
      }
    }
    return found;
  }

  private static long dueAt(@Nullable Message entity) {
    return switch (entity) {
      case Machine machine -> machine.getDueAt();
      case Repair repair -> repair.getDueAt();
      case Rollout rollout -> rollout.getDueAt();
      case Lease lease -> lease.getExpiresAt();
      case Incident incident -> incident.getDueAt();
      case DomainHold hold -> hold.getDueAt();
      case WatchdogState watchdog -> watchdog.getDueAt();
      case Order order -> order.getDueAt();
      case FleetPart part -> part.getDueAt();
      case null -> 0;
      default -> 0;
    };
  }
}

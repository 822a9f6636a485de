package io.pilothouse.testing.simulation.cluster;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.pilothouse.dm.state.Change;
import io.pilothouse.dm.state.Entities;
import io.pilothouse.dm.state.State;
import io.pilothouse.dm.state.Table;
import java.util.EnumMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** All entities at one index, as a snapshot holds them. */
record Image(Map<Table, SortedMap<String, Message>> tables) {

  static Image of(Entities state) {
    Map<Table, SortedMap<String, Message>> tables = new EnumMap<>(Table.class);
    for (Table table : Table.values()) {
      tables.put(table, new TreeMap<>(state.table(table)));
    }
    return new Image(tables);
  }

  Image without(Table left) {
    Map<Table, SortedMap<String, Message>> tables = new EnumMap<>(this.tables);
    tables.put(left, new TreeMap<>());
    return new Image(tables);
  }

  /** Reads the state as a start does: entity by entity, from its bytes. */
  State load() {
    return load(true);
  }

  /** The same entities, not read from bytes. */
  State share() {
    return load(false);
  }

  private State load(boolean fromBytes) {
    State state = new State();
    tables.forEach(
        (table, entities) ->
            entities.forEach(
                (key, value) ->
                    state.put(new Change(table, key, fromBytes ? read(table, value) : value))));
    return state;
  }

  private static Message read(Table table, Message value) {
    try {
      return table.parse(value.toByteArray());
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("what was just written cannot be read", e);
    }
  }
}

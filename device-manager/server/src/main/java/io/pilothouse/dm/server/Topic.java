package io.pilothouse.dm.server;

import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.UnitVersion;
import io.pilothouse.dm.state.Change;
import io.pilothouse.dm.state.Table;
import java.util.Set;

/**
 * Something that a long poll may wait for a change of.
 *
 * @param key of one entity, {@code type/NAME} for what concerns a machine type, or {@link #ANY}
 */
record Topic(Table table, String key) {

  /** All entities of the table. */
  static final String ANY = "*";

  /** The lease whose holder agents look for, and those that stand by. */
  static final String SCHEDULER = "scheduler";

  static Topic any(Table table) {
    return new Topic(table, ANY);
  }

  /**
   * What a machine's wanted state is made of, but for the addresses of its neighbours: they are
   * seen at its next pull. Watchdogs' modes and scores are no part of it: a mass failure changes
   * them with each entry, and would wake the fleet.
   */
  static Set<Topic> ofMachine(String machine, String type) {
    return Set.of(
        new Topic(Table.MACHINE, machine),
        new Topic(Table.ROLLOUT, "type/" + type),
        new Topic(Table.UNIT_VERSION, "type/" + type),
        any(Table.FLEET),
        any(Table.REPLICA),
        movedLease(SCHEDULER));
  }

  /** That the holder of a lease serves elsewhere than the last; its renewals are no news. */
  static Topic movedLease(String role) {
    return new Topic(Table.LEASE, "moved/" + role);
  }

  /** That another one holds a lease, nobody does, or its holder serves others elsewhere. */
  static Topic ledLease(String role) {
    return new Topic(Table.LEASE, "led/" + role);
  }

  /** What a change touches. */
  static Set<Topic> of(Change change) {
    Topic any = any(change.table());
    Topic one = new Topic(change.table(), change.key());
    return switch (change.value()) {
      case Rollout rollout ->
          Set.of(any, one, new Topic(Table.ROLLOUT, "type/" + rollout.getType()));
      case UnitVersion version ->
          Set.of(any, one, new Topic(Table.UNIT_VERSION, "type/" + version.getType()));
      case null, default -> Set.of(any, one);
    };
  }
}

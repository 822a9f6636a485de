package io.pilothouse.dm.state;

import java.util.SortedMap;

/**
 * Something that follows from the tables alone and is kept as they change, so that no rule has to
 * look at every machine to find the few that concern it. An index is never stored: whatever made
 * the tables (replay, undo, loading, in whatever order) makes the same index.
 */
interface Index {

  /**
   * One entity was set or removed.
   *
   * @param now the tables, with this update in them and no other
   */
  void update(Entities now, Update update);

  /**
   * All that the index holds, by name, as values that can be compared: equal for equal tables.
   * Sorted collections only.
   */
  SortedMap<String, Object> contents();
}

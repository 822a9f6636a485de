package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Machine;
import java.util.Collections;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Machines that something is to be said of together: how many, since when, where. To say it costs
 * the same for five as for a million.
 */
final class Crowd {
  private final TreeSet<String> names = new TreeSet<>();
  private final TreeMap<String, Integer> units = new TreeMap<>();
  private final TreeMap<Long, Integer> since = new TreeMap<>();

  /**
   * A machine has changed.
   *
   * @param before null: it did not belong here
   * @param after null: it does not
   */
  void move(@Nullable Machine before, @Nullable Machine after) {
    if (before != null) {
      names.remove(before.getName());
      count(units, before.getScaleUnit(), -1);
      count(since, before.getSince(), -1);
    }
    if (after != null) {
      names.add(after.getName());
      count(units, after.getScaleUnit(), 1);
      count(since, after.getSince(), 1);
    }
  }

  private static <K> void count(SortedMap<K, Integer> counts, K key, int by) {
    counts.merge(key, by, (a, b) -> a + b == 0 ? null : a + b);
  }

  int size() {
    return names.size();
  }

  /** By name. A view: copy it before changing what it is made of. */
  SortedSet<String> names() {
    return Collections.unmodifiableSortedSet(names);
  }

  /** The longest that one of them is as it is, in milliseconds since the epoch; 0 of nobody. */
  long since() {
    return since.isEmpty() ? 0 : since.firstKey();
  }

  /** What all of them are in: the one machine, its scale unit, or the fleet. */
  String scope() {
    if (size() == 1) {
      return Texts.machine(names.first());
    }
    return units.size() == 1 ? "unit/" + units.firstKey() : "fleet";
  }

  /** All that is held, to be compared. */
  SortedMap<String, Object> contents() {
    SortedMap<String, Object> contents = new TreeMap<>();
    contents.put("names", names);
    contents.put("units", units);
    contents.put("since", since);
    return contents;
  }
}

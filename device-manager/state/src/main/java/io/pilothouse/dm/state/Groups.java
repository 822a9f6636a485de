package io.pilothouse.dm.state;

import java.util.Collections;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Sorted sets of names or places by a sorted key; a key without members is not there. */
final class Groups<K extends Comparable<K>, V extends Comparable<V>> {

  private final TreeMap<K, TreeSet<V>> groups = new TreeMap<>();

  /** Takes the member from one group to another; null: from none, to none. */
  void move(@Nullable K from, @Nullable K to, V member) {
    if (from != null && from.equals(to)) {
      return;
    }
    if (from != null) {
      remove(from, member);
    }
    if (to != null) {
      add(to, member);
    }
  }

  void add(K key, V member) {
    groups.computeIfAbsent(key, each -> new TreeSet<>()).add(member);
  }

  void remove(K key, V member) {
    groups.computeIfPresent(
        key,
        (each, members) -> {
          members.remove(member);
          return members.isEmpty() ? null : members;
        });
  }

  /** A view: copy it before changing what it is made of. */
  SortedSet<V> of(K key) {
    TreeSet<V> members = groups.get(key);
    return members == null
        ? Collections.emptySortedSet()
        : Collections.unmodifiableSortedSet(members);
  }

  /** Keys that have members. A view, as above. */
  SortedSet<K> keys() {
    return Collections.unmodifiableSortedSet(groups.navigableKeySet());
  }

  SortedMap<K, ? extends SortedSet<V>> contents() {
    return Collections.unmodifiableSortedMap(groups);
  }
}

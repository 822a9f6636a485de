package io.pilothouse.dm.state;

import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Sorted sets of names or places by a sorted key; a key without members is not there. A group of
 * one, as most are where the key is an address, is kept as that one: a million sets are 100 MB.
 */
final class Groups<K extends Comparable<K>, V extends Comparable<V>> {

  /** A member, or a TreeSet of several; no member is a TreeSet, as those are not comparable. */
  private final TreeMap<K, Object> groups = new TreeMap<>();

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
    Object before = groups.putIfAbsent(key, member);
    if (before instanceof TreeSet<?>) {
      several(before).add(member);
    } else if (before != null && !before.equals(member)) {
      groups.put(key, new TreeSet<>(List.of(one(before), member)));
    }
  }

  void remove(K key, V member) {
    groups.computeIfPresent(
        key,
        (each, members) -> {
          if (!(members instanceof TreeSet<?>)) {
            return members.equals(member) ? null : members;
          }
          SortedSet<V> set = several(members);
          set.remove(member);
          return set.isEmpty() ? null : set;
        });
  }

  /** A view, or a copy: copy it before changing what it is made of. */
  SortedSet<V> of(K key) {
    @Nullable Object members = groups.get(key);
    return members == null ? Collections.emptySortedSet() : shown(members);
  }

  /** Keys that have members. A view, as above. */
  SortedSet<K> keys() {
    return Collections.unmodifiableSortedSet(groups.navigableKeySet());
  }

  /** All of them. A copy. */
  SortedMap<K, SortedSet<V>> contents() {
    TreeMap<K, SortedSet<V>> contents = new TreeMap<>();
    groups.forEach((key, members) -> contents.put(key, shown(members)));
    return contents;
  }

  private SortedSet<V> shown(Object members) {
    return Collections.unmodifiableSortedSet(
        members instanceof TreeSet<?>
            ? several(members)
            : new TreeSet<>(Collections.singleton(one(members))));
  }

  @SuppressWarnings("unchecked") // add put nothing else there
  private V one(Object member) {
    return (V) member;
  }

  @SuppressWarnings("unchecked") // as above
  private SortedSet<V> several(Object members) {
    return (SortedSet<V>) members;
  }
}

package io.pilothouse.testing.simulation.cluster;

import java.util.Collection;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Who votes. While the members change, a majority of the old ones is needed as well.
 *
 * @param before the old ones during a change; empty otherwise
 */
record Members(SortedSet<Integer> now, SortedSet<Integer> before) {

  static Members of(Collection<Integer> ids) {
    return new Members(new TreeSet<>(ids), new TreeSet<>());
  }

  /** Both decide together. */
  Members changingTo(Collection<Integer> next) {
    return new Members(new TreeSet<>(next), now);
  }

  boolean isChanging() {
    return !before.isEmpty();
  }

  boolean contains(int id) {
    return now.contains(id) || before.contains(id);
  }

  SortedSet<Integer> all() {
    SortedSet<Integer> all = new TreeSet<>(now);
    all.addAll(before);
    return all;
  }

  boolean isMajority(Set<Integer> ids) {
    return isMajority(ids, now) && (before.isEmpty() || isMajority(ids, before));
  }

  boolean isMajorityOfTheNew(Set<Integer> ids) {
    return isMajority(ids, now);
  }

  private static boolean isMajority(Set<Integer> ids, Set<Integer> of) {
    return of.stream().filter(ids::contains).count() > of.size() / 2;
  }
}

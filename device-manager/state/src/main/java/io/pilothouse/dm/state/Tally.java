package io.pilothouse.dm.state;

import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Machines by the time at which something began of them, and how many of those of a window have
 * each trait. The counts follow the window as it moves on, so that asking costs nothing however
 * many there are; what is answered depends on the members and the question alone.
 */
final class Tally {

  private record Member(Place place, List<Trait> traits) {}

  private final TreeMap<String, Member> members = new TreeMap<>();
  private final TreeSet<Place> byTime = new TreeSet<>();
  private final TreeMap<Trait, Integer> counts = new TreeMap<>();
  private int total;

  /** Those that began after this are counted. */
  private long cutoff;

  /** Sets when it began of the machine; 0: it does not hold of it. */
  void set(String machine, long since, List<Trait> traits) {
    @Nullable Member before = members.remove(machine);
    if (before != null) {
      byTime.remove(before.place());
      if (isCounted(before)) {
        count(before, -1);
      }
    }
    if (since != 0) {
      Member member = new Member(new Place(since, machine), List.copyOf(traits));
      members.put(machine, member);
      byTime.add(member.place());
      if (isCounted(member)) {
        count(member, 1);
      }
    }
  }

  /** Machines of which it began after {@code after}. */
  int count(long after) {
    moveTo(after);
    return total;
  }

  /** Those of them with the trait. */
  int count(Trait trait, long after) {
    moveTo(after);
    return counts.getOrDefault(trait, 0);
  }

  /** Traits that at least so many of them have. A copy. */
  List<Trait> traits(long after, int atLeast) {
    moveTo(after);
    return counts.entrySet().stream()
        .filter(each -> each.getValue() >= atLeast)
        .map(Map.Entry::getKey)
        .toList();
  }

  /** Traits of one of them; none when it is no member. */
  List<Trait> traits(String machine) {
    @Nullable Member member = members.get(machine);
    return member == null ? List.of() : member.traits();
  }

  /** Traits of those of which it began at {@code at} or later. A copy. */
  List<Trait> traitsSince(long at) {
    TreeSet<Trait> traits = new TreeSet<>();
    for (Place place : since(at)) {
      traits.addAll(traits(place.name()));
    }
    return List.copyOf(traits);
  }

  /** Machines of which it began at {@code at} or later, oldest first. A view. */
  SortedSet<Place> since(long at) {
    return byTime.tailSet(new Place(at, ""));
  }

  private void moveTo(long after) {
    int by = after > cutoff ? -1 : 1;
    Place from = new Place(StrictMath.min(after, cutoff) + 1, "");
    Place to = new Place(StrictMath.max(after, cutoff) + 1, "");
    for (Place place : byTime.subSet(from, to)) {
      @Nullable Member member = members.get(place.name());
      if (member != null) {
        count(member, by);
      }
    }
    cutoff = after;
  }

  private boolean isCounted(Member member) {
    return member.place().number() > cutoff;
  }

  private void count(Member member, int by) {
    total += by;
    for (Trait trait : member.traits()) {
      counts.merge(trait, by, (a, b) -> a + b == 0 ? null : a + b);
    }
  }

  /** What it holds; how far the counts have come follows from what was asked last. */
  SortedMap<String, String> contents() {
    SortedMap<String, String> contents = new TreeMap<>();
    members.forEach((name, member) -> contents.put(name, member.toString()));
    return contents;
  }
}

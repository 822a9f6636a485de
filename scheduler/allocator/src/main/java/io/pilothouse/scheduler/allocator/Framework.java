package io.pilothouse.scheduler.allocator;

import io.pilothouse.scheduler.allocator.resources.Quantities;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What a framework asked for when it subscribed.
 *
 * @param roles those it wants offers in
 * @param suppressed of these, for now not
 * @param minimum for a role, what an offer must hold at least: one of these; an empty list: any. A
 *     role that is not here has the allocator's own minimum
 * @param constraints for a role, on which agents; a role that is not here: on any
 */
public record Framework(
    String id,
    SortedSet<String> roles,
    SortedSet<String> suppressed,
    Set<Capability> capabilities,
    SortedMap<String, List<Quantities>> minimum,
    SortedMap<String, OfferConstraints> constraints) {
  /**
   * Characters of a role. Each name of it is a role of its own in memory, with all before it: one
   * that nobody bounds takes the square of its length.
   */
  public static final int LONGEST_ROLE = 255;

  public Framework {
    roles = Collections.unmodifiableSortedSet(new TreeSet<>(roles));
    suppressed = Collections.unmodifiableSortedSet(new TreeSet<>(suppressed));
    EnumSet<Capability> known = EnumSet.noneOf(Capability.class);
    known.addAll(capabilities);
    capabilities = Collections.unmodifiableSet(known);
    minimum = Collections.unmodifiableSortedMap(new TreeMap<>(minimum));
    constraints = Collections.unmodifiableSortedMap(new TreeMap<>(constraints));
    if (!roles.containsAll(suppressed)) {
      throw new IllegalArgumentException(
          "suppressed roles %s of framework %s: expected some of its roles %s"
              .formatted(suppressed, id, roles));
    }
    for (String role : roles) {
      Roles.check(role);
    }
  }

  public static Framework of(String id, String... roles) {
    return new Framework(
        id,
        new TreeSet<>(List.of(roles)),
        new TreeSet<>(),
        Set.of(),
        new TreeMap<>(),
        new TreeMap<>());
  }

  public Framework with(Capability... more) {
    return new Framework(id, roles, suppressed, Set.of(more), minimum, constraints);
  }

  public Framework suppressing(String... some) {
    SortedSet<String> all = new TreeSet<>(List.of(some));
    return new Framework(id, roles, all, capabilities, minimum, constraints);
  }

  public Framework wantingAtLeast(String role, List<Quantities> oneOf) {
    TreeMap<String, List<Quantities>> changed = new TreeMap<>(minimum);
    changed.put(role, List.copyOf(oneOf));
    return new Framework(id, roles, suppressed, capabilities, changed, constraints);
  }

  public Framework constrained(String role, OfferConstraints where) {
    TreeMap<String, OfferConstraints> changed = new TreeMap<>(constraints);
    changed.put(role, where);
    return new Framework(id, roles, suppressed, capabilities, minimum, changed);
  }

  public Framework in(Collection<String> otherRoles) {
    TreeSet<String> still = new TreeSet<>(suppressed);
    still.retainAll(otherRoles);
    return new Framework(id, new TreeSet<>(otherRoles), still, capabilities, minimum, constraints);
  }
}

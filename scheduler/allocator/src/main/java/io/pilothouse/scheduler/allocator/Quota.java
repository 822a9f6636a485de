package io.pilothouse.scheduler.allocator;

import io.pilothouse.scheduler.allocator.resources.Quantities;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a role and all below it can count on, and what it may not exceed.
 *
 * @param limits thousandths by name; a name that is not here has no limit, one with 0 gets nothing
 */
public record Quota(Quantities guarantees, SortedMap<String, Long> limits) {
  public static final Quota NONE = new Quota(Quantities.NONE, new TreeMap<>());

  public Quota {
    limits = Collections.unmodifiableSortedMap(new TreeMap<>(limits));
    for (var limit : limits.entrySet()) {
      long guarantee = guarantees.get(limit.getKey());
      if (limit.getValue() < guarantee) {
        throw new IllegalArgumentException(
            "limit %s m of %s: expected at least the guarantee of %s m"
                .formatted(limit.getValue(), limit.getKey(), guarantee));
      }
    }
  }

  public static Quota guarantee(String quantities) {
    return new Quota(Quantities.parse(quantities), new TreeMap<>());
  }

  /** {@code cpus:2;mem:0}: a 0 is a limit, too. */
  public static Quota limit(String quantities) {
    return NONE.limited(quantities);
  }

  public Quota limited(String quantities) {
    TreeMap<String, Long> all = new TreeMap<>();
    for (String part : quantities.split(";", -1)) {
      String name = part.substring(0, Math.max(0, part.indexOf(':'))).strip();
      all.put(name, Quantities.parse(part).get(name));
    }
    return new Quota(guarantees, all);
  }

  /** Guarantee and limit the same, as quota once meant. */
  public static Quota exactly(String quantities) {
    return guarantee(quantities).limited(quantities);
  }
}

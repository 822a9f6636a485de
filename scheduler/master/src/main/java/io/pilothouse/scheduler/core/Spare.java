package io.pilothouse.scheduler.core;

import io.pilothouse.scheduler.allocator.RoleStanding;
import io.pilothouse.scheduler.allocator.resources.Quantities;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What roles can lose: what they have, less what is taken from them here. */
final class Spare {
  private final Map<String, RoleStanding> standing = new TreeMap<>();
  private final Map<String, Map<String, Long>> taken = new TreeMap<>();

  Spare(List<RoleStanding> roles) {
    roles.forEach(each -> standing.put(each.role(), each));
  }

  Spare copy() {
    Spare copy = new Spare(List.copyOf(standing.values()));
    taken.forEach((role, amounts) -> copy.taken.put(role, new TreeMap<>(amounts)));
    return copy;
  }

  void take(String role, Quantities amounts) {
    for (@Nullable String each = role; each != null; each = above(each)) {
      Map<String, Long> sum = taken.computeIfAbsent(each, name -> new TreeMap<>());
      amounts.forEach((name, milli) -> sum.merge(name, milli, Long::sum));
    }
  }

  /** It, and all above it that the other is not below, keep what they are guaranteed. */
  boolean canLose(String role, String claimant, Quantities amounts) {
    for (@Nullable String each = role;
        each != null && !isWithin(claimant, each);
        each = above(each)) {
      @Nullable RoleStanding its = standing.get(each);
      if (its == null) {
        continue;
      }
      for (Map.Entry<String, Long> kept : its.quota().guarantees().byName().entrySet()) {
        long has =
            its.consumed().get(kept.getKey())
                - taken.getOrDefault(each, Map.of()).getOrDefault(kept.getKey(), 0L);
        if (amounts.get(kept.getKey()) > 0 && has - amounts.get(kept.getKey()) < kept.getValue()) {
          return false;
        }
      }
    }
    return true;
  }

  /** As far as its limit, and the limits of those above it, leave room. */
  SortedMap<String, Long> within(String role, SortedMap<String, Long> wanted) {
    SortedMap<String, Long> most = new TreeMap<>(wanted);
    for (@Nullable String each = role; each != null; each = above(each)) {
      @Nullable RoleStanding its = standing.get(each);
      if (its != null) {
        its.quota()
            .limits()
            .forEach(
                (name, limit) ->
                    most.computeIfPresent(
                        name,
                        (same, milli) ->
                            Math.min(milli, Math.max(0, limit - its.consumed().get(name)))));
      }
    }
    return most;
  }

  /** Of the one on the way up that stands beside the claimant or one above that. */
  int priority(String role, String claimant) {
    int priority = 0;
    for (@Nullable String each = role;
        each != null && !isWithin(claimant, each);
        each = above(each)) {
      @Nullable RoleStanding its = standing.get(each);
      priority = its == null ? 0 : its.priority();
    }
    return priority;
  }

  private static @Nullable String above(String role) {
    int slash = role.lastIndexOf('/');
    return slash < 0 ? null : role.substring(0, slash);
  }

  static boolean isWithin(String role, String above) {
    return role.equals(above) || role.startsWith(above + "/");
  }
}

package io.pilothouse.scheduler.allocator;

import io.pilothouse.scheduler.allocator.Allocator.Shortfall;
import io.pilothouse.scheduler.allocator.resources.Entry;
import io.pilothouse.scheduler.allocator.resources.Quantities;
import io.pilothouse.scheduler.allocator.resources.Resources;
import io.pilothouse.scheduler.allocator.sorter.Sorter;
import io.pilothouse.scheduler.allocator.sorter.Totals;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The roles that somebody is in, or that an operator set something of; with what is charged to
 * them, and what must be held back for their guarantees. All of it is kept change by change.
 */
final class Roles {
  private final TreeMap<String, Role> byPath = new TreeMap<>();
  private final Totals totals;
  private final Amounts required;

  /** Roles with frameworks that can be served are active in it. */
  final Sorter<Role> order;

  Roles(Totals totals, Sorter<Role> order) {
    this.totals = totals;
    this.order = order;
    this.required = new Amounts(totals);
  }

  /** As Mesos has them: no empty names, none that a path would read otherwise. */
  static void check(String role) {
    if (role.length() > Framework.LONGEST_ROLE) {
      throw new IllegalArgumentException(
          "role '%s…' of %s characters: expected at most %s"
              .formatted(role.substring(0, 20), role.length(), Framework.LONGEST_ROLE));
    }
    for (String name : role.split("/", -1)) {
      boolean bad = name.isEmpty() || name.equals(".") || name.equals("..") || name.startsWith("-");
      boolean star = name.equals("*") && !role.equals("*");
      if (bad || star || name.chars().anyMatch(c -> c <= ' ' || c == 0x7f)) {
        throw new IllegalArgumentException(
            "role '%s': expected names separated by /, none of them empty, '.', '..', '*', beginning"
                    .formatted(role)
                + " with '-' or holding blanks");
      }
    }
  }

  /** Those that something is reserved for: asked before anything is changed. */
  static void check(Resources resources) {
    for (Entry entry : resources) {
      entry.kind().reservations().forEach(reservation -> check(reservation.role()));
    }
  }

  Role make(String path) {
    Role known = byPath.get(path);
    if (known != null) {
      return known;
    }
    check(path);
    Role parent = null;
    for (int end = path.indexOf('/'); end >= 0; end = path.indexOf('/', end + 1)) {
      parent = child(parent, path.substring(0, end));
    }
    return child(parent, path);
  }

  private Role child(@Nullable Role parent, String path) {
    Role known = byPath.get(path);
    if (known != null) {
      return known;
    }
    Role role = new Role(path, parent, totals);
    if (parent != null) {
      parent.children++;
    }
    byPath.put(path, role);
    return role;
  }

  /** Forgets it, and those above it, if nobody is in it and nobody set anything of it. */
  void forgetIfIdle(Role role) {
    for (Role idle = role; idle != null && idle.isIdle(); idle = idle.parent) {
      byPath.remove(idle.path);
      if (idle.parent != null) {
        idle.parent.children--;
      }
    }
  }

  void setQuota(Role role, Quota quota) {
    role.quota = quota;
    role.guarantee = Amounts.orNull(totals, quota.guarantees());
    role.limits = limits(quota);
    settle(role);
  }

  private long @Nullable [] limits(Quota quota) {
    if (quota.limits().isEmpty()) {
      return null;
    }
    quota.limits().keySet().forEach(totals::index);
    long[] limits = new long[totals.size()];
    Arrays.fill(limits, Role.NO_LIMIT);
    quota.limits().forEach((name, milli) -> limits[totals.index(name)] = milli);
    return limits;
  }

  /** What is reserved for a role, or what somebody in it has that is reserved for nobody. */
  void consume(Role role, Quantities quantities, int sign) {
    if (quantities.isEmpty()) {
      return;
    }
    for (Role above = role; above != null; above = above.parent) {
      above.consumed.add(quantities, sign);
    }
    settle(role);
  }

  /**
   * What is missing to a role's guarantee, or to those below it if that is more, must stay free.
   */
  private void settle(Role from) {
    Role role = from;
    for (int i = 0; i < totals.size(); i++) {
      long change = 0;
      for (role = from; role != null; role = role.parent) {
        role.needBelow = Amounts.added(totals, role.needBelow, i, change);
        long need = Math.max(role.missing(i), role.needBelow == null ? 0 : role.needBelow.get(i));
        long before = role.need == null ? 0 : role.need.get(i);
        change = need - before;
        role.need = Amounts.added(totals, role.need, i, change);
      }
      if (change != 0) {
        required.add(i, change);
      }
    }
  }

  /**
   * Of guarantees that are not met, and that somebody can be served for, what is beyond the free.
   */
  List<Shortfall> shortfalls(Amounts free) {
    List<Shortfall> all = new ArrayList<>();
    long[] left = new long[totals.size()];
    Arrays.setAll(left, free::get);
    // in the order of their names, so that of two that lack the same it is always the same one
    for (Role role : byPath.values()) {
      if (role.guarantee == null || !isWaiting(role)) {
        continue;
      }
      Amounts missing = new Amounts(totals);
      for (int i = 0; i < left.length; i++) {
        long below = role.needBelow == null ? 0 : role.needBelow.get(i);
        long own = Math.max(0, role.missing(i) - below);
        long covered = Math.min(own, Math.max(0, left[i]));
        left[i] -= covered;
        missing.add(i, own - covered);
      }
      if (!missing.isZero()) {
        all.add(new Shortfall(role.path, missing.quantities()));
      }
    }
    return all;
  }

  /** Somebody in it or below it can be offered to. */
  private boolean isWaiting(Role role) {
    // '0' comes right after '/'
    return role.servable > 0
        || byPath.subMap(role.path + "/", role.path + "0").values().stream()
            .anyMatch(each -> each.servable > 0);
  }

  List<RoleStanding> standing() {
    return byPath.values().stream()
        .map(
            each ->
                new RoleStanding(
                    each.path, each.weight, each.priority, each.quota, each.consumed.quantities()))
        .toList();
  }

  /** For all guarantees that are not met, by index of the totals. */
  Amounts required() {
    return required;
  }
}

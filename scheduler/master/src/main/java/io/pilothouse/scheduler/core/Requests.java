package io.pilothouse.scheduler.core;

import io.pilothouse.mesos.v1.Request;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.scheduler.allocator.resources.Quantities;
import io.pilothouse.scheduler.allocator.resources.Resources;
import io.pilothouse.scheduler.wire.ResourceForm;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a framework asked for by REQUEST and was not offered since, by role. The allocator does not
 * look at it; {@link Revocation} does. A new REQUEST takes the place of the one before.
 */
final class Requests {
  /** Whoever still wants it asks again. */
  private static final long KEPT = Duration.ofMinutes(10).toMillis();

  private final SortedMap<String, SortedMap<String, Long>> open = new TreeMap<>();
  private long at;

  /** Of roles that it is in; of resources that name none: of its only one. */
  void are(List<Request> requests, Set<String> roles, long now) {
    open.clear();
    at = now;
    SortedMap<String, List<Resource>> byRole = new TreeMap<>();
    String otherwise = roles.size() == 1 ? roles.iterator().next() : "";
    for (Request request : requests) {
      for (Resource each : request.getResourcesList()) {
        String role =
            each.getAllocationInfo().hasRole() ? each.getAllocationInfo().getRole() : otherwise;
        if (roles.contains(role)) {
          byRole.computeIfAbsent(role, name -> new ArrayList<>()).add(each);
        }
      }
    }
    byRole.forEach(
        (role, resources) -> {
          Resources wanted = ResourceForm.read(resources);
          if (!wanted.isEmpty()) {
            open.put(role, new TreeMap<>(wanted.chargeable().quantities().byName()));
          }
        });
  }

  void offered(String role, Resources resources) {
    SortedMap<String, Long> left = open.get(role);
    if (left != null) {
      Quantities given = resources.quantities();
      left.replaceAll((name, milli) -> milli - given.get(name));
      left.values().removeIf(milli -> milli <= 0);
      if (left.isEmpty()) {
        open.remove(role);
      }
    }
  }

  /** In these roles (none: in any) it wants nothing any more. */
  void drop(List<String> roles) {
    if (roles.isEmpty()) {
      open.clear();
    } else {
      open.keySet().removeAll(roles);
    }
  }

  SortedMap<String, SortedMap<String, Long>> open(long now) {
    if (now - at > KEPT) {
      open.clear();
    }
    return open;
  }
}

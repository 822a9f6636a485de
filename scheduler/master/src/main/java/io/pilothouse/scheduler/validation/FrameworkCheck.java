package io.pilothouse.scheduler.validation;

import static io.pilothouse.scheduler.validation.Objections.when;

import io.pilothouse.mesos.v1.FrameworkInfo;
import io.pilothouse.mesos.v1.OfferFilters;
import io.pilothouse.mesos.v1.Value;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/** What a framework says of itself. */
@SuppressWarnings("deprecation") // role is what frameworks of one role say
public final class FrameworkCheck {
  /** Mesos' own clock ends there: 2^63 nanoseconds. */
  private static final double LONGEST_SECONDS = Long.MAX_VALUE / 1e9;

  private FrameworkCheck() {}

  public static Optional<String> objection(FrameworkInfo info) {
    return Objections.first(
        List.of(
            () -> roles(info),
            () ->
                info.getId().getValue().isEmpty()
                    ? Optional.empty()
                    : Ids.objection(info.getId().getValue()),
            () -> filters(info),
            () -> failover(info)));
  }

  /** Of one that is not {@code allowed}; an empty set allows all. */
  public static Optional<String> notAllowed(SortedSet<String> roles, Set<String> allowed) {
    if (allowed.isEmpty()) {
      return Optional.empty();
    }
    SortedSet<String> others = new TreeSet<>(roles);
    others.removeIf(role -> role.equals("*") || allowed.contains(role));
    return when(
        !others.isEmpty(),
        "Roles " + Objections.set(others) + " are not present in the master's --roles");
  }

  public static Optional<String> suppressed(
      SortedSet<String> roles, Collection<String> suppressed) {
    SortedSet<String> others = new TreeSet<>(suppressed);
    others.removeAll(roles);
    return when(
        !others.isEmpty(),
        "Suppressed roles " + Objections.set(others) + " are not contained in the set of roles");
  }

  /** What may never change, as UPDATE_FRAMEWORK refuses it. */
  public static Optional<String> changes(FrameworkInfo before, FrameworkInfo after) {
    Optional<String> principal = principalChanges(before, after);
    if (principal.isPresent()) {
      return principal;
    }
    if (!before.getUser().equals(after.getUser())) {
      return Optional.of(
          "Updating 'FrameworkInfo.user' is unsupported; attempted to update from '%s' to '%s'"
              .formatted(before.getUser(), after.getUser()));
    }
    return when(
        before.getCheckpoint() != after.getCheckpoint(),
        () ->
            ("Updating 'FrameworkInfo.checkpoint' is unsupported; attempted to update from '%s' to"
                    + " '%s'")
                .formatted(before.getCheckpoint(), after.getCheckpoint()));
  }

  public static Optional<String> principalChanges(FrameworkInfo before, FrameworkInfo after) {
    return when(
        before.hasPrincipal() != after.hasPrincipal()
            || !before.getPrincipal().equals(after.getPrincipal()),
        "Changing framework's principal is not allowed.");
  }

  private static Optional<String> roles(FrameworkInfo info) {
    boolean multiRole =
        info.getCapabilitiesList().stream()
            .anyMatch(each -> each.getType() == FrameworkInfo.Capability.Type.MULTI_ROLE);
    if (!multiRole) {
      if (info.getRolesCount() > 0) {
        return Optional.of(
            "'FrameworkInfo.roles' must not be set when the framework is not MULTI_ROLE capable");
      }
      return RoleNames.objection(info.getRole())
          .map(objection -> "'FrameworkInfo.role' is not a valid role: " + objection);
    }
    if (info.hasRole()) {
      return Optional.of(
          "'FrameworkInfo.role' must not be set when the framework is MULTI_ROLE capable");
    }
    Set<String> seen = new TreeSet<>();
    Set<String> twice = new TreeSet<>();
    info.getRolesList().stream().filter(role -> !seen.add(role)).forEach(twice::add);
    if (!twice.isEmpty()) {
      return Optional.of(
          "'FrameworkInfo.roles' contains duplicate items: " + Objections.set(twice));
    }
    return info.getRolesList().stream()
        .flatMap(role -> RoleNames.objection(role).stream())
        .findFirst()
        .map(objection -> "'FrameworkInfo.roles' contains invalid role: " + objection);
  }

  private static Optional<String> filters(FrameworkInfo info) {
    for (OfferFilters filters : info.getOfferFiltersMap().values()) {
      for (OfferFilters.ResourceQuantities each :
          filters.getMinAllocatableResources().getQuantitiesList()) {
        Optional<String> objection = quantities(each.getQuantitiesMap());
        if (objection.isPresent()) {
          return objection;
        }
      }
    }
    return Optional.empty();
  }

  private static Optional<String> quantities(Map<String, Value.Scalar> quantities) {
    if (quantities.isEmpty()) {
      return Optional.of("Resource quantities must contain at least one quantity");
    }
    return quantities.entrySet().stream()
        .flatMap(
            each ->
                number(each.getValue().getValue())
                    .map(
                        objection ->
                            "Invalid resource quantity for '%s': %s"
                                .formatted(each.getKey(), objection))
                    .stream())
        .findFirst();
  }

  private static Optional<String> number(double value) {
    if (Double.isInfinite(value)) {
      return Optional.of("Infinite values not supported");
    }
    if (Double.isNaN(value)) {
      return Optional.of("NaN not supported");
    }
    if (value != 0 && Math.abs(value) < Double.MIN_NORMAL) {
      return Optional.of("Subnormal values not supported");
    }
    return when(value < 0, "Negative values not supported");
  }

  private static Optional<String> failover(FrameworkInfo info) {
    double seconds = info.getFailoverTimeout();
    return when(
        Double.isNaN(seconds) || Math.abs(seconds) > LONGEST_SECONDS,
        "The framework failover_timeout (" + seconds + ") is invalid");
  }
}

package io.pilothouse.scheduler.wire;

import io.pilothouse.mesos.v1.FrameworkInfo;
import io.pilothouse.mesos.v1.OfferFilters;
import io.pilothouse.mesos.v1.scheduler.AttributeConstraint;
import io.pilothouse.mesos.v1.scheduler.OfferConstraints;
import io.pilothouse.scheduler.allocator.Capability;
import io.pilothouse.scheduler.allocator.Framework;
import io.pilothouse.scheduler.allocator.OfferConstraints.Condition;
import io.pilothouse.scheduler.allocator.OfferConstraints.Constraint;
import io.pilothouse.scheduler.allocator.OfferConstraints.Named;
import io.pilothouse.scheduler.allocator.OfferConstraints.Said;
import io.pilothouse.scheduler.allocator.OfferConstraints.Selector;
import io.pilothouse.scheduler.allocator.resources.Quantities;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** A framework as the allocator sees it. */
@SuppressWarnings("deprecation") // role is what frameworks of one role say
public final class FrameworkForm {
  private FrameworkForm() {}

  /** Its info and constraints have been checked. */
  public static Framework of(
      FrameworkInfo info, Collection<String> suppressed, OfferConstraints constraints) {
    Set<Capability> capabilities = EnumSet.noneOf(Capability.class);
    for (FrameworkInfo.Capability each : info.getCapabilitiesList()) {
      switch (each.getType()) {
        case GPU_RESOURCES -> capabilities.add(Capability.GPU_RESOURCES);
        case REVOCABLE_RESOURCES -> capabilities.add(Capability.REVOCABLE_RESOURCES);
        case SHARED_RESOURCES -> capabilities.add(Capability.SHARED_RESOURCES);
        case MULTI_ROLE -> capabilities.add(Capability.MULTI_ROLE);
        case RESERVATION_REFINEMENT -> capabilities.add(Capability.RESERVATION_REFINEMENT);
        case REGION_AWARE -> capabilities.add(Capability.REGION_AWARE);
        case TASK_KILLING_STATE, PARTITION_AWARE, UNKNOWN -> {} // say nothing of offers
      }
    }
    TreeMap<String, List<Quantities>> minimum = new TreeMap<>();
    info.getOfferFiltersMap()
        .forEach(
            (role, filters) -> {
              if (filters.hasMinAllocatableResources()) {
                minimum.put(
                    role,
                    filters.getMinAllocatableResources().getQuantitiesList().stream()
                        .map(FrameworkForm::quantities)
                        .toList());
              }
            });
    TreeMap<String, io.pilothouse.scheduler.allocator.OfferConstraints> where = new TreeMap<>();
    constraints
        .getRoleConstraintsMap()
        .forEach((role, groups) -> where.put(role, constraints(groups)));
    SortedSet<String> roles =
        new TreeSet<>(
            capabilities.contains(Capability.MULTI_ROLE)
                ? info.getRolesList()
                : List.of(info.getRole()));
    return new Framework(
        info.getId().getValue(), roles, new TreeSet<>(suppressed), capabilities, minimum, where);
  }

  /** What is wrong with constraints for these roles. */
  public static Optional<String> objection(SortedSet<String> roles, OfferConstraints constraints) {
    for (var each : new TreeMap<>(constraints.getRoleConstraintsMap()).entrySet()) {
      if (!roles.contains(each.getKey())) {
        return Optional.of(
            ("Offer constraints specify `role_constraints` for a role '%s' not contained in the"
                    + " set of roles")
                .formatted(each.getKey()));
      }
      try {
        constraints(each.getValue());
      } catch (IllegalArgumentException e) {
        return Optional.of("Offer constraints are not valid: " + e.getMessage());
      }
    }
    return Optional.empty();
  }

  private static Quantities quantities(OfferFilters.ResourceQuantities message) {
    TreeMap<String, Long> milli = new TreeMap<>();
    message
        .getQuantitiesMap()
        .forEach((name, amount) -> milli.put(name, Math.round(amount.getValue() * 1000)));
    return Quantities.of(milli);
  }

  private static io.pilothouse.scheduler.allocator.OfferConstraints constraints(
      OfferConstraints.RoleConstraints role) {
    return new io.pilothouse.scheduler.allocator.OfferConstraints(
        role.getGroupsList().stream()
            .map(
                group ->
                    group.getAttributeConstraintsList().stream()
                        .map(FrameworkForm::constraint)
                        .toList())
            .toList());
  }

  private static Constraint constraint(AttributeConstraint message) {
    return new Constraint(selector(message.getSelector()), condition(message.getPredicate()));
  }

  private static Selector selector(AttributeConstraint.Selector selector) {
    return switch (selector.getSelectorCase()) {
      case ATTRIBUTE_NAME -> new Named(selector.getAttributeName());
      case PSEUDOATTRIBUTE_TYPE ->
          switch (selector.getPseudoattributeType()) {
            case HOSTNAME -> Said.HOSTNAME;
            case REGION -> Said.REGION;
            case ZONE -> Said.ZONE;
            case UNKNOWN -> throw new IllegalArgumentException("Unknown pseudoattribute type");
          };
      case SELECTOR_NOT_SET ->
          throw new IllegalArgumentException(
              "Exactly one of 'selector::name' or 'selector::pseudoattribute_type' must be set");
    };
  }

  private static Condition condition(AttributeConstraint.Predicate predicate) {
    return switch (predicate.getPredicateCase()) {
      case EXISTS -> new Condition.Exists();
      case NOT_EXISTS -> new Condition.NotExists();
      case TEXT_EQUALS -> new Condition.TextEquals(predicate.getTextEquals().getValue());
      case TEXT_NOT_EQUALS -> new Condition.TextNotEquals(predicate.getTextNotEquals().getValue());
      case TEXT_MATCHES ->
          new Condition.TextMatches(
              new Condition.Expression(predicate.getTextMatches().getRegex()));
      case TEXT_NOT_MATCHES ->
          new Condition.TextNotMatches(
              new Condition.Expression(predicate.getTextNotMatches().getRegex()));
      case PREDICATE_NOT_SET -> throw new IllegalArgumentException("Unknown predicate type");
    };
  }
}

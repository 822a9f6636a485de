package io.pilothouse.scheduler.validation;

import static io.pilothouse.scheduler.validation.Objections.when;

import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.Resource.ReservationInfo;
import io.pilothouse.mesos.v1.Value;
import io.pilothouse.scheduler.allocator.resources.Kind;
import io.pilothouse.scheduler.wire.ResourceForm;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Resources in a message. */
@SuppressWarnings("deprecation") // Resource.role is half of the older format
public final class ResourceCheck {
  /** Thousandths of it still are a long, and sums of many. */
  private static final double MOST = 1e12;

  private ResourceCheck() {}

  /** Of all of them together. */
  public static Optional<String> objection(List<Resource> resources) {
    double gpus = 0;
    Map<String, Value.Type> types = new HashMap<>();
    Map<String, Double> sums = new HashMap<>();
    for (Resource each : resources) {
      Optional<String> objection = one(each).or(() -> otherType(each, types));
      if (objection.isPresent()) {
        return Optional.of("Invalid resources: " + objection.get());
      }
      gpus += each.getName().equals("gpus") ? each.getScalar().getValue() : 0;
      double sum = sums.merge(each.getName(), each.getScalar().getValue(), Double::sum);
      if (sum > MOST) {
        return Optional.of(
            "Invalid resources: %s of %s together, above 1e12".formatted(sum, each.getName()));
      }
    }
    if (gpus != Math.rint(gpus)) {
      return Optional.of(
          "Invalid 'gpus' resource: The 'gpus' resource must be an unsigned integer");
    }
    for (Resource each : resources) {
      Optional<String> disk = each.hasDisk() ? disk(each) : Optional.empty();
      if (disk.isPresent()) {
        return Optional.of("Invalid DiskInfo: " + disk.get());
      }
    }
    return Optional.empty();
  }

  /** A name that is a number in one of them and ranges in another cannot be added up. */
  private static Optional<String> otherType(Resource resource, Map<String, Value.Type> types) {
    Value.Type first = types.computeIfAbsent(resource.getName(), name -> resource.getType());
    return when(
        first != resource.getType(),
        () ->
            "Resource %s is of type %s and of type %s"
                .formatted(resource.getName(), first, resource.getType()));
  }

  /** Of several tasks: each once for all of them, if it may be shared. */
  static List<Resource> sharedOnce(List<Resource> resources) {
    Set<Kind> seen = new HashSet<>();
    return resources.stream()
        .filter(each -> !each.hasShared() || seen.add(ResourceForm.kind(each)))
        .toList();
  }

  /** The same persistence id twice for a role. */
  static Optional<String> persistence(List<Resource> resources) {
    Set<List<String>> seen = new HashSet<>();
    for (Resource each : resources) {
      String id = each.getDisk().getPersistence().getId();
      if (!id.isEmpty() && !seen.add(List.of(owner(each), id))) {
        return Optional.of("Persistence ID '" + id + "' is not unique");
      }
    }
    return Optional.empty();
  }

  /** More than one role that they would be allocated to. */
  static Optional<String> allocatedRoles(List<Resource> resources, String offered) {
    String role = offered;
    boolean first = true;
    for (Resource each : resources) {
      String next = each.hasAllocationInfo() ? each.getAllocationInfo().getRole() : offered;
      if (!first && !next.equals(role)) {
        return Optional.of(
            ("The resources have multiple allocation roles ('%s' and '%s') but only one allocation"
                    + " role is allowed")
                .formatted(next, role));
      }
      role = next;
      first = false;
    }
    return Optional.empty();
  }

  /** A name of which some can be taken back at any time and some cannot. */
  static Optional<String> mixesRevocable(List<Resource> resources) {
    Set<String> revocable = new HashSet<>();
    Set<String> kept = new HashSet<>();
    resources.forEach(each -> (each.hasRevocable() ? revocable : kept).add(each.getName()));
    return resources.stream()
        .map(Resource::getName)
        .filter(name -> revocable.contains(name) && kept.contains(name))
        .findFirst()
        .map(
            name ->
                "Cannot use both revocable and non-revocable '%s' at the same time"
                    .formatted(name));
  }

  private static String owner(Resource resource) {
    int reservations = resource.getReservationsCount();
    return reservations == 0
        ? resource.getRole()
        : resource.getReservations(reservations - 1).getRole();
  }

  private static Optional<String> one(Resource resource) {
    if (resource.getName().isEmpty()) {
      return Optional.of("Empty resource name");
    }
    Optional<String> value = value(resource);
    if (value.isPresent()) {
      return value;
    }
    if (resource.hasDisk() && !resource.getName().equals("disk")) {
      return Optional.of("DiskInfo should not be set for " + resource.getName() + " resource");
    }
    Optional<String> reserved =
        resource.getReservationsCount() == 0
            ? oldReservation(resource)
            : reservations(resource.getReservationsList());
    if (reserved.isPresent()) {
      return reserved;
    }
    if (!resource.hasShared()) {
      return Optional.empty();
    }
    if (!resource.getName().equals("disk")) {
      return Optional.of("Resource " + resource.getName() + " cannot be shared");
    }
    return when(!resource.getDisk().hasPersistence(), "Only persistent volumes can be shared");
  }

  private static Optional<String> value(Resource resource) {
    boolean scalar = resource.hasScalar();
    boolean ranges = resource.hasRanges();
    boolean set = resource.hasSet();
    return switch (resource.getType()) {
      case SCALAR -> {
        if (!scalar || ranges || set) {
          yield Optional.of("Invalid scalar resource");
        }
        double amount = resource.getScalar().getValue();
        if (amount < 0) {
          yield Optional.of("Invalid scalar resource: value < 0");
        }
        yield when(
            !(amount <= MOST),
            () -> "Invalid scalar resource: value %s above 1e12".formatted(amount));
      }
      case RANGES ->
          scalar || !ranges || set
              ? Optional.of("Invalid ranges resource")
              : ranges(resource.getRanges());
      case SET -> {
        if (scalar || ranges || !set) {
          yield Optional.of("Invalid set resource");
        }
        List<String> items = resource.getSet().getItemList();
        yield when(
            new HashSet<>(items).size() < items.size(),
            "Invalid set resource: duplicated elements");
      }
      case TEXT -> Optional.of("Unsupported resource type");
    };
  }

  private static Optional<String> ranges(Value.Ranges ranges) {
    List<Value.Range> sorted = new ArrayList<>(ranges.getRangeList());
    sorted.sort(Comparator.comparingLong(Value.Range::getBegin));
    long last = -1;
    for (Value.Range each : sorted) {
      if (each.getBegin() < 0 || each.getEnd() < 0) {
        return Optional.of("Invalid ranges resource: bound above 9223372036854775807");
      }
      if (each.getBegin() > each.getEnd()) {
        return Optional.of("Invalid ranges resource: begin > end");
      }
      if (each.getBegin() <= last) {
        return Optional.of("Invalid ranges resource: overlapping ranges");
      }
      last = each.getEnd();
    }
    return Optional.empty();
  }

  private static Optional<String> oldReservation(Resource resource) {
    Optional<String> role = RoleNames.objection(resource.getRole());
    if (role.isPresent() || !resource.hasReservation()) {
      return role;
    }
    if (resource.getReservation().hasType() || resource.getReservation().hasRole()) {
      return Optional.of(
          "'Resource.ReservationInfo.%s' must not be set for the 'Resource.reservation' field"
              .formatted(resource.getReservation().hasType() ? "type" : "role"));
    }
    return when(
        resource.getRole().equals("*"),
        "Invalid reservation: role \"*\" cannot be dynamically reserved");
  }

  private static Optional<String> reservations(List<ReservationInfo> stack) {
    String below = "";
    for (ReservationInfo each : stack) {
      if (!each.hasType() || !each.hasRole()) {
        return Optional.of(
            "Invalid reservation: 'Resource.ReservationInfo.%s' field must be set."
                .formatted(each.hasType() ? "role" : "type"));
      }
      Optional<String> role = RoleNames.objection(each.getRole());
      if (role.isPresent()) {
        return role;
      }
      if (each.getRole().equals("*")) {
        return Optional.of("Invalid reservation: role \"*\" cannot be reserved");
      }
      if (!below.isEmpty() && each.getType() == ReservationInfo.Type.STATIC) {
        return Optional.of("Invalid refined reservation: A refined reservation cannot be STATIC");
      }
      if (!below.isEmpty() && !RoleNames.isBelow(each.getRole(), below)) {
        return Optional.of(
            "Invalid refined reservation: role '%s' is not a refinement of '%s'"
                .formatted(each.getRole(), below));
      }
      below = each.getRole();
    }
    return Optional.empty();
  }

  private static Optional<String> disk(Resource resource) {
    Resource.DiskInfo disk = resource.getDisk();
    if (!disk.hasPersistence()) {
      if (disk.hasVolume()) {
        return Optional.of("Non-persistent volume not supported");
      }
      return when(!disk.hasSource(), "DiskInfo is set but empty");
    }
    if (resource.hasRevocable()) {
      return Optional.of("Persistent volumes cannot be created from revocable resources");
    }
    if (owner(resource).equals("*")) {
      return Optional.of("Persistent volumes cannot be created from unreserved resources");
    }
    if (!disk.hasVolume()) {
      return Optional.of("Expecting 'volume' to be set for persistent volume");
    }
    if (!isWithin(disk.getVolume().getContainerPath())) {
      return Optional.of(
          ("Container path '%s' of the persistent volume is not supported: expected one that is"
                  + " relative to the sandbox, and in it")
              .formatted(disk.getVolume().getContainerPath()));
    }
    if (disk.getVolume().hasHostPath()) {
      return Optional.of("Expecting 'host_path' to be unset for persistent volume");
    }
    return Ids.objection(disk.getPersistence().getId())
        .map(objection -> "Invalid persistence ID for persistent volume: " + objection);
  }

  /** No way out of a sandbox. */
  private static boolean isWithin(String path) {
    return !path.isEmpty()
        && path.indexOf('\0') < 0
        && Arrays.stream(path.split("/", -1))
            .noneMatch(each -> each.isEmpty() || each.equals(".") || each.equals(".."));
  }
}

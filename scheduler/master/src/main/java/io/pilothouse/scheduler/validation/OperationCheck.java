package io.pilothouse.scheduler.validation;

import static io.pilothouse.scheduler.validation.Objections.when;

import io.pilothouse.mesos.v1.Offer.Operation;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.Resource.ReservationInfo;
import io.pilothouse.mesos.v1.Volume;
import io.pilothouse.scheduler.allocator.resources.Kind;
import io.pilothouse.scheduler.allocator.resources.Resources;
import io.pilothouse.scheduler.wire.Conversion;
import io.pilothouse.scheduler.wire.ResourceForm;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** All operations but LAUNCH and LAUNCH_GROUP, with Mesos' texts. */
public final class OperationCheck {
  private static final double MILLI = 1000.0;

  private OperationCheck() {}

  /**
   * Where an operation is asked for.
   *
   * @param principal who asks, if that is known
   * @param role of the offer; empty: an operator asks, about what nobody has
   * @param held what is reserved on the agent
   * @param used what tasks have there
   * @param unsharing the framework that asks, if it is one that knows of no shared resources
   */
  public record Place(
      Optional<String> principal,
      Optional<String> role,
      Resources held,
      Resources used,
      Optional<String> unsharing) {}

  public static Optional<String> objection(Operation operation, Place place) {
    return switch (operation.getType()) {
      case RESERVE -> reserve(operation.getReserve(), place);
      case UNRESERVE -> unreserve(operation.getUnreserve().getResourcesList(), place);
      case CREATE -> create(operation.getCreate().getVolumesList(), place);
      case DESTROY -> destroy(operation.getDestroy().getVolumesList(), place);
      case GROW_VOLUME -> grow(operation.getGrowVolume(), place);
      case SHRINK_VOLUME -> shrink(operation.getShrinkVolume(), place);
      case CREATE_DISK, DESTROY_DISK -> DiskCheck.objection(operation);
      case UNKNOWN, LAUNCH, LAUNCH_GROUP ->
          throw new IllegalArgumentException(operation.getType() + " has a check of its own");
    };
  }

  /** What holds for the resources of any of them. */
  private static Optional<String> valid(String field, List<Resource> resources, Place place) {
    return Objections.first(
        List.of(
            () -> when(resources.isEmpty(), "Expecting '" + field + "' to be present"),
            () ->
                ResourceCheck.objection(resources)
                    .map(objection -> "Invalid resources: " + objection),
            () ->
                ResourceCheck.allocatedRoles(resources, place.role().orElse("*"))
                    .map(objection -> "Invalid resources: " + objection)));
  }

  private static Optional<String> reserve(Operation.Reserve reserve, Place place) {
    if (reserve.getSourceCount() > 0) {
      return Optional.of(
          "The `source` field cannot be set on RESERVE operations: unreserve the resources, then"
              + " reserve them");
    }
    List<Resource> resources = reserve.getResourcesList();
    return valid("reserve.resources", resources, place)
        .or(() -> any(resources, each -> reserve(each, place)));
  }

  private static Optional<String> reserve(Resource resource, Place place) {
    if (resource.hasRevocable()) {
      return Optional.of("Revocable resources " + text(resource) + " cannot be reserved");
    }
    if (!isDynamic(resource)) {
      return notDynamic(resource);
    }
    if (resource.hasDisk() && resource.getDisk().hasPersistence()) {
      return Optional.of(
          "A persistent volume " + text(resource) + " must already be reserved when it is created");
    }
    ReservationInfo reservation = reservation(resource);
    if (place.principal().isPresent()) {
      String asks =
          "A reserve operation was attempted by authenticated principal '%s', but there is a"
              .formatted(place.principal().get());
      if (!reservation.hasPrincipal()) {
        return Optional.of(asks + " reserved resource in the request with no principal set");
      }
      if (!reservation.getPrincipal().equals(place.principal().get())) {
        return Optional.of(
            "%s reserved resource in the request with principal '%s' set"
                .formatted(asks, reservation.getPrincipal()));
      }
    }
    String role = kind(resource).role().orElse("*");
    String allocated = allocatedTo(resource, place);
    return when(
        place.role().isPresent() && !role.equals(allocated),
        () ->
            ("A reserve operation was attempted for a resource with role '%s', but the resource was"
                    + " allocated to role '%s'")
                .formatted(role, allocated));
  }

  private static Optional<String> unreserve(List<Resource> resources, Place place) {
    return valid("unreserve.resources", resources, place)
        .or(
            () ->
                any(
                    resources,
                    each -> {
                      if (!isDynamic(each)) {
                        return notDynamic(each);
                      }
                      return when(
                          each.getDisk().hasPersistence(),
                          () ->
                              ("A dynamically reserved persistent volume %s cannot be unreserved"
                                      + " directly. Please destroy the persistent volume first then"
                                      + " unreserve the resource")
                                  .formatted(text(each)));
                    }));
  }

  private static Optional<String> create(List<Resource> volumes, Place place) {
    List<Resource> all = new ArrayList<>(ResourceForm.FULL.write(place.held(), ""));
    all.addAll(volumes);
    return valid("create.volumes", volumes, place)
        .or(() -> persistent(volumes))
        .or(() -> ResourceCheck.persistence(all))
        .or(() -> any(volumes, each -> create(each, place)));
  }

  private static Optional<String> create(Resource volume, Place place) {
    if (volume.hasShared() && place.unsharing().isPresent()) {
      return Optional.of(
          ("Create volume operation for '%s' has been attempted by framework '%s' with no"
                  + " SHARED_RESOURCES capability")
              .formatted(text(volume), place.unsharing().get()));
    }
    Resource.DiskInfo.Persistence made = volume.getDisk().getPersistence();
    if (place.principal().isEmpty()) {
      return Optional.empty();
    }
    String asks =
        "Create volume operation has been attempted by principal '%s', but there is a volume in the"
            .formatted(place.principal().get());
    if (!made.hasPrincipal()) {
      return Optional.of(asks + " operation with no principal set in 'disk.persistence'");
    }
    return when(
        !made.getPrincipal().equals(place.principal().get()),
        () ->
            "%s operation with principal '%s' set in 'disk.persistence'"
                .formatted(asks, made.getPrincipal()));
  }

  private static Optional<String> destroy(List<Resource> volumes, Place place) {
    Optional<String> objection =
        valid("destroy.volumes", volumes, place).or(() -> persistent(volumes));
    if (objection.isPresent()) {
      return objection;
    }
    Resources wanted = ResourceForm.read(volumes);
    if (!place.held().contains(wanted)) {
      return Optional.of("Persistent volumes not found");
    }
    return when(!place.used().minus(wanted).equals(place.used()), "Persistent volumes in use");
  }

  private static Optional<String> grow(Operation.GrowVolume grow, Place place) {
    Resource volume = grow.getVolume();
    Resource addition = grow.getAddition();
    return oneVolume("GrowVolume", volume, place)
        .or(
            () ->
                ResourceCheck.objection(List.of(addition))
                    .map(each -> "Invalid resource in the 'GrowVolume.addition' field: " + each))
        .or(
            () ->
                when(
                    Math.round(addition.getScalar().getValue() * MILLI) <= 0,
                    "The size of 'GrowVolume.addition' field must be greater than zero"))
        .or(() -> when(volume.hasShared(), "Growing a shared persistent volume is not supported"))
        .or(
            () ->
                when(
                    !kind(addition).equals(kind(Conversion.disk(volume))),
                    () ->
                        "'GrowVolume.addition' %s is not of the disk that 'GrowVolume.volume' %s is on"
                            .formatted(text(addition), text(volume))))
        .or(
            () ->
                ResourceCheck.allocatedRoles(List.of(volume, addition), place.role().orElse("*")));
  }

  private static Optional<String> shrink(Operation.ShrinkVolume shrink, Place place) {
    double less = shrink.getSubtract().getValue();
    return oneVolume("ShrinkVolume", shrink.getVolume(), place)
        .or(
            () ->
                when(
                    Math.round(less * MILLI) <= 0,
                    "Value of 'ShrinkVolume.subtract' must be greater than zero"))
        .or(
            () ->
                when(
                    Math.round(less * MILLI)
                        >= Math.round(shrink.getVolume().getScalar().getValue() * MILLI),
                    "Value of 'ShrinkVolume.subtract' must be smaller than the size of"
                        + " 'ShrinkVolume.volume'"))
        .or(
            () ->
                when(
                    shrink.getVolume().hasShared(),
                    "Shrinking a shared persistent volume is not supported"));
  }

  private static Optional<String> oneVolume(String of, Resource volume, Place place) {
    return ResourceCheck.objection(List.of(volume))
        .map(each -> "Invalid resource in the '%s.volume' field: %s".formatted(of, each))
        .or(
            () ->
                persistent(volume)
                    .map(each -> "'%s.volume' is not a persistent volume: %s".formatted(of, each)))
        .or(
            () ->
                when(
                    !place.held().contains(ResourceForm.read(List.of(volume))),
                    () -> "Persistent volume %s not found".formatted(text(volume))));
  }

  private static Optional<String> persistent(List<Resource> volumes) {
    return any(
        volumes,
        each -> persistent(each).map(objection -> "Not a persistent volume: " + objection));
  }

  private static Optional<String> persistent(Resource volume) {
    if (!volume.hasDisk()) {
      return Optional.of("Resource " + text(volume) + " does not have DiskInfo");
    }
    if (!volume.getDisk().hasPersistence()) {
      return Optional.of("'persistence' is not set in DiskInfo");
    }
    // tasks may use one so
    return when(
        volume.getDisk().getVolume().getMode() == Volume.Mode.RO,
        "Read-only persistent volume not supported");
  }

  private interface Question {
    Optional<String> objection(Resource resource);
  }

  private static Optional<String> any(List<Resource> resources, Question question) {
    return resources.stream().map(question::objection).flatMap(Optional::stream).findFirst();
  }

  private static Optional<String> notDynamic(Resource resource) {
    return Optional.of("Resource " + text(resource) + " is not dynamically reserved");
  }

  private static boolean isDynamic(Resource resource) {
    Kind kind = kind(resource);
    return kind.isReserved() && kind.reservations().getLast().dynamic();
  }

  /** The one that counts, in either format. */
  private static ReservationInfo reservation(Resource resource) {
    int reservations = resource.getReservationsCount();
    return reservations > 0
        ? resource.getReservations(reservations - 1)
        : resource.getReservation();
  }

  private static String allocatedTo(Resource resource, Place place) {
    return resource.hasAllocationInfo()
        ? resource.getAllocationInfo().getRole()
        : place.role().orElse("*");
  }

  private static Kind kind(Resource resource) {
    return ResourceForm.kind(resource);
  }

  private static String text(Resource resource) {
    return ResourceForm.read(List.of(resource)).toString();
  }
}

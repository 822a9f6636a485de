package io.pilothouse.scheduler.wire;

import io.pilothouse.mesos.v1.Offer.Operation;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.scheduler.allocator.resources.Resources;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * What an operation makes of resources: these become those.
 *
 * @param consumed must be there
 * @param produced as much, under other names
 */
@SuppressWarnings("deprecation") // Resource.role is half of the older format
public record Conversion(Resources consumed, Resources produced) {

  /** Of an operation that has been checked and is none of LAUNCH and its like. */
  public static Conversion of(Operation operation) {
    return switch (operation.getType()) {
      case RESERVE -> {
        List<Resource> reserved = operation.getReserve().getResourcesList();
        yield new Conversion(read(reserved, Conversion::unreserved), ResourceForm.read(reserved));
      }
      case UNRESERVE -> {
        List<Resource> reserved = operation.getUnreserve().getResourcesList();
        yield new Conversion(ResourceForm.read(reserved), read(reserved, Conversion::unreserved));
      }
      case CREATE -> {
        List<Resource> volumes = operation.getCreate().getVolumesList();
        yield new Conversion(read(volumes, Conversion::disk), ResourceForm.read(volumes));
      }
      case DESTROY -> {
        List<Resource> volumes = operation.getDestroy().getVolumesList();
        yield new Conversion(ResourceForm.read(volumes), read(volumes, Conversion::disk));
      }
      case GROW_VOLUME -> {
        Resource volume = operation.getGrowVolume().getVolume();
        Resource addition = operation.getGrowVolume().getAddition();
        double sum = volume.getScalar().getValue() + addition.getScalar().getValue();
        yield new Conversion(
            ResourceForm.read(List.of(volume, addition)),
            ResourceForm.read(List.of(sized(volume, sum))));
      }
      case SHRINK_VOLUME -> {
        Resource volume = operation.getShrinkVolume().getVolume();
        double less = operation.getShrinkVolume().getSubtract().getValue();
        yield new Conversion(
            ResourceForm.read(List.of(volume)),
            ResourceForm.read(
                List.of(
                    sized(volume, volume.getScalar().getValue() - less),
                    sized(disk(volume), less))));
      }
      case UNKNOWN, LAUNCH, LAUNCH_GROUP, CREATE_DISK, DESTROY_DISK ->
          throw new IllegalArgumentException(
              operation.getType()
                  + " makes nothing of resources; expected RESERVE … SHRINK_VOLUME");
    };
  }

  private static Resources read(List<Resource> resources, UnaryOperator<Resource> changed) {
    return ResourceForm.read(resources.stream().map(changed).toList());
  }

  /** Without the last of its reservations, in either format. */
  public static Resource unreserved(Resource resource) {
    Resource.Builder without = resource.toBuilder();
    int reservations = resource.getReservationsCount();
    return reservations > 0
        ? without.removeReservations(reservations - 1).build()
        : without.clearReservation().clearRole().build(); // the older one
  }

  /** What a volume is made of. */
  public static Resource disk(Resource volume) {
    Resource.Builder disk = volume.toBuilder().clearShared();
    if (volume.getDisk().hasSource()) {
      disk.getDiskBuilder().clearPersistence().clearVolume();
    } else {
      disk.clearDisk();
    }
    return disk.build();
  }

  private static Resource sized(Resource resource, double size) {
    Resource.Builder sized = resource.toBuilder();
    sized.getScalarBuilder().setValue(size);
    return sized.build();
  }
}

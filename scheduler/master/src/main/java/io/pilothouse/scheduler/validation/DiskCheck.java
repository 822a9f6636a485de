package io.pilothouse.scheduler.validation;

import static io.pilothouse.scheduler.validation.Objections.when;

import io.pilothouse.mesos.v1.Offer.Operation;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.Resource.DiskInfo.Source;
import io.pilothouse.scheduler.wire.ResourceForm;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * CREATE_DISK and DESTROY_DISK: of disks that a resource provider brings, of which machines here
 * have none. What Mesos says where there is none is said, too.
 */
final class DiskCheck {
  private DiskCheck() {}

  static Optional<String> objection(Operation operation) {
    boolean create = operation.getType() == Operation.Type.CREATE_DISK;
    if (create ? !operation.hasCreateDisk() : !operation.hasDestroyDisk()) {
      return Optional.of(
          "A %s offer operation must have the Offer.Operation.%s field set."
              .formatted(operation.getType(), create ? "create_disk" : "destroy_disk"));
    }
    Resource source =
        create ? operation.getCreateDisk().getSource() : operation.getDestroyDisk().getSource();
    Optional<String> objection = source(source);
    return objection.isPresent()
        ? objection
        : (create ? create(operation.getCreateDisk()) : destroy(source)).or(() -> unknown(source));
  }

  private static Optional<String> source(Resource source) {
    Optional<String> invalid = ResourceCheck.objection(List.of(source));
    return invalid.isPresent()
        ? invalid.map(each -> "Invalid resource: " + each)
        : when(!source.hasProviderId(), "'source' is not managed by a resource provider");
  }

  private static Optional<String> create(Operation.CreateDisk create) {
    Resource source = create.getSource();
    if (!is(source, Set.of(Source.Type.RAW))) {
      return Optional.of("'source' is not a RAW disk resource");
    }
    if (create.getTargetType() != Source.Type.MOUNT
        && create.getTargetType() != Source.Type.BLOCK) {
      return Optional.of("'target_type' is neither MOUNT or BLOCK");
    }
    return when(
        source.getDisk().getSource().hasProfile() == create.hasTargetProfile(),
        create.hasTargetProfile()
            ? "'target_profile' must not be set when 'source' has a profile"
            : "'target_profile' must be set when 'source' has no profile");
  }

  private static Optional<String> destroy(Resource source) {
    if (!is(source, Set.of(Source.Type.MOUNT, Source.Type.BLOCK, Source.Type.RAW))) {
      return Optional.of("'source' is neither a MOUNT, BLOCK or RAW disk resource");
    }
    if (!source.getDisk().getSource().hasId()) {
      return Optional.of("'source' is not backed by a CSI volume");
    }
    return when(
        source.getDisk().hasPersistence(),
        ("A disk resource containing a persistent volume %s cannot be destroyed directly. Please"
                + " destroy the persistent volume first then destroy the disk resource")
            .formatted(ResourceForm.read(List.of(source))));
  }

  private static boolean is(Resource source, Set<Source.Type> types) {
    return source.getDisk().hasSource() && types.contains(source.getDisk().getSource().getType());
  }

  /** No offer has ever had such a disk. */
  private static Optional<String> unknown(Resource source) {
    return Optional.of(
        "there is no resource provider '%s': machines have the one disk that is offered of them"
            .formatted(source.getProviderId().getValue()));
  }
}

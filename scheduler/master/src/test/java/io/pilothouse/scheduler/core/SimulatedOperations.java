package io.pilothouse.scheduler.core;

import io.pilothouse.mesos.v1.Offer.Operation;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.TaskInfo;
import io.pilothouse.mesos.v1.Volume;
import io.pilothouse.scheduler.allocator.resources.Entry;
import io.pilothouse.scheduler.allocator.resources.Kind;
import io.pilothouse.scheduler.allocator.resources.Reservation;
import io.pilothouse.scheduler.allocator.resources.Resources;
import io.pilothouse.scheduler.allocator.resources.Value;
import io.pilothouse.scheduler.wire.Conversion;
import io.pilothouse.scheduler.wire.ResourceForm;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;

/** What a framework that keeps data makes of an offer. */
final class SimulatedOperations {
  private final SimulatedFramework framework;
  private final io.pilothouse.mesos.v1.Offer offer;
  private final Random random;

  /** Volumes that somebody of the role has ever asked to destroy. */
  private final Set<String> destroyed;

  private final List<Operation> operations = new ArrayList<>();
  private Resources left;

  SimulatedOperations(
      SimulatedFramework framework,
      io.pilothouse.mesos.v1.Offer offer,
      Random random,
      Set<String> destroyed) {
    this.destroyed = destroyed;
    this.framework = framework;
    this.offer = offer;
    this.random = random;
    this.left = ResourceForm.read(offer.getResourcesList());
  }

  private String agent() {
    return offer.getAgentId().getValue();
  }

  /**
   * Some operations, and perhaps a task on what they made, or two if they can share it; their ids.
   */
  List<String> choose(boolean launches) {
    for (int i = random.nextInt(4); i > 0; i--) {
      one();
    }
    Optional<Entry> volume = find(true);
    List<String> names = new ArrayList<>();
    if (launches && volume.isPresent() && random.nextBoolean()) {
      names.add(launch(volume.get()));
      if (volume.get().kind().isShared() && random.nextBoolean()) {
        names.add(launch(volume.get()));
      }
    }
    return names;
  }

  private String launch(Entry volume) {
    String name = framework.name + "-" + framework.names++;
    TaskInfo.Builder task =
        TaskInfo.newBuilder()
            .setName("t")
            .setAgentId(offer.getAgentId())
            .addAllResources(messages(volume));
    task.getTaskIdBuilder().setValue(name);
    task.getCommandBuilder().setValue("x");
    operations.add(
        Operation.newBuilder()
            .setType(Operation.Type.LAUNCH)
            .setLaunch(Operation.Launch.newBuilder().addTaskInfos(task))
            .build());
    return name;
  }

  List<Operation> operations() {
    return operations;
  }

  private void one() {
    Operation.Builder operation = Operation.newBuilder();
    switch (random.nextInt(6)) {
      case 0, 1 -> {
        Kind kind = Kind.of(random.nextInt(3) > 0 ? "disk" : "cpus");
        Kind reserved = kind.reserved(Reservation.dynamic(framework.role));
        operation.setType(Operation.Type.RESERVE);
        operation.getReserveBuilder().addAllResources(messages(entry(reserved, 10_000)));
      }
      case 2 -> {
        operation.setType(Operation.Type.UNRESERVE);
        find(false)
            .ifPresent(each -> operation.getUnreserveBuilder().addAllResources(messages(each)));
      }
      case 3, 4 -> {
        operation.setType(Operation.Type.CREATE);
        find(false)
            .filter(each -> each.kind().name().equals("disk"))
            .ifPresent(each -> create(operation, each));
      }
      default -> {
        operation.setType(Operation.Type.DESTROY);
        find(true).ifPresent(each -> destroy(operation, each));
      }
    }
    if (operation.hasReserve()
        || operation.hasUnreserve()
        || operation.hasCreate()
        || operation.hasDestroy()) {
      take(operation);
    }
  }

  private void create(Operation.Builder operation, Entry disk) {
    String id = framework.name + "-v" + framework.names++;
    boolean shared = random.nextInt(3) > 0; // refused if the framework knows of no sharing
    for (Resource each : messages(new Entry(disk.kind(), new Value.Scalar(5_000)))) {
      Resource.Builder volume = each.toBuilder();
      volume.getDiskBuilder().getPersistenceBuilder().setId(id);
      volume.getDiskBuilder().getVolumeBuilder().setContainerPath("data").setMode(Volume.Mode.RW);
      if (shared) {
        volume.setShared(Resource.SharedInfo.getDefaultInstance());
      }
      operation.getCreateBuilder().addVolumes(volume);
    }
    operation.getIdBuilder().setValue("c:" + agent() + ":" + id);
  }

  private void destroy(Operation.Builder operation, Entry volume) {
    operation.getDestroyBuilder().addAllVolumes(messages(volume));
    destroyed.add(volume.kind().disk().orElseThrow().volume());
  }

  private void take(Operation.Builder operation) {
    if (!operation.hasId() && random.nextInt(4) == 0) {
      operation.getIdBuilder().setValue("o:" + framework.names++);
    }
    Conversion conversion = Conversion.of(operation.build());
    operations.add(operation.build());
    if (left.contains(conversion.consumed())) {
      left = left.minus(conversion.consumed()).plus(conversion.produced());
    }
  }

  private Optional<Entry> find(boolean volumes) {
    for (Entry each : left) {
      boolean volume = each.kind().disk().isPresent();
      if (each.kind().isReserved() && volume == volumes) {
        return Optional.of(each);
      }
    }
    return Optional.empty();
  }

  private static Entry entry(Kind kind, long most) {
    return new Entry(kind, new Value.Scalar(kind.name().equals("cpus") ? 1_000 : most));
  }

  private static List<Resource> messages(Entry entry) {
    return new ResourceForm(false, false).write(Resources.of(entry), "");
  }
}

package io.pilothouse.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.framework.Framework;
import io.pilothouse.framework.FrameworkOptions;
import io.pilothouse.framework.Tasks;
import io.pilothouse.mesos.v1.Filters;
import io.pilothouse.mesos.v1.FrameworkInfo;
import io.pilothouse.mesos.v1.FrameworkInfo.Capability;
import io.pilothouse.mesos.v1.Offer;
import io.pilothouse.mesos.v1.Offer.Operation;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.TaskInfo;
import io.pilothouse.mesos.v1.Value;
import io.pilothouse.mesos.v1.Volume;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A task finds its data again after the scheduler and the agent were restarted. */
@Timeout(180)
class StatefulTaskTest {
  private static final String ROLE = "db";
  private static final FrameworkInfo INFO =
      FrameworkInfo.newBuilder()
          .setUser("")
          .setName("stateful")
          .setFailoverTimeout(60)
          .addRoles(ROLE)
          .addCapabilities(Capability.newBuilder().setType(Capability.Type.MULTI_ROLE))
          .addCapabilities(Capability.newBuilder().setType(Capability.Type.RESERVATION_REFINEMENT))
          .build();

  @TempDir private static Path dir;
  private static OfferedSite site;

  @BeforeAll
  static void start() throws Exception {
    site = new OfferedSite(dir);
  }

  @AfterAll
  static void stop() throws Exception {
    if (site != null) {
      site.close();
    }
  }

  private static Resource disk() {
    Resource.Builder disk = Resource.newBuilder().setName("disk").setType(Value.Type.SCALAR);
    disk.getScalarBuilder().setValue(10);
    disk.addReservationsBuilder()
        .setType(Resource.ReservationInfo.Type.DYNAMIC)
        .setRole(ROLE)
        .setPrincipal(OfferedSite.PRINCIPAL);
    return disk.build();
  }

  private static Resource volume() {
    Resource.Builder volume = disk().toBuilder();
    volume
        .getDiskBuilder()
        .getPersistenceBuilder()
        .setId("table")
        .setPrincipal(OfferedSite.PRINCIPAL);
    volume.getDiskBuilder().getVolumeBuilder().setContainerPath("data").setMode(Volume.Mode.RW);
    return volume.build();
  }

  private static boolean hasVolume(Offer offer) {
    return offer.getResourcesList().stream().anyMatch(each -> each.getDisk().hasPersistence());
  }

  private static boolean hasCpus(Offer offer) {
    return offer.getResourcesList().stream().anyMatch(each -> each.getName().equals("cpus"));
  }

  private static Operation.Builder operation(Operation.Type type, String id) {
    Operation.Builder operation = Operation.newBuilder().setType(type);
    operation.getIdBuilder().setValue(id);
    return operation;
  }

  /** Counts the tasks that have used the volume. */
  private static Operation launch(Offer offer, String id) {
    TaskInfo task = Tasks.command(offer, id, "echo x >> data/file; wc -l < data/file", 0.5, 64);
    return Operation.newBuilder()
        .setType(Operation.Type.LAUNCH)
        .setLaunch(
            Operation.Launch.newBuilder()
                .addTaskInfos(
                    task.toBuilder().setAgentId(offer.getAgentId()).addResources(volume())))
        .build();
  }

  private static void accept(Framework framework, Offer offer, Operation... operations) {
    framework.accept(
        List.of(offer.getId()),
        List.of(operations),
        Filters.newBuilder().setRefuseSeconds(0).build());
  }

  @Test
  void aTaskFindsItsDataAgainUntilItIsDestroyed() throws Exception {
    OfferKeeper keeper = new OfferKeeper();
    try (Framework framework =
        Framework.start(
            FrameworkOptions.of(List.of(site.api), INFO)
                .credentials(OfferedSite.PRINCIPAL, OfferedSite.SECRET),
            keeper)) {
      keeper.says("subscribed");
      String id = framework.id().orElseThrow().getValue();
      Offer first = keeper.offer(StatefulTaskTest::hasCpus);
      Operation.Builder reserve = operation(Operation.Type.RESERVE, "reserve");
      reserve.getReserveBuilder().addResources(disk());
      Operation.Builder create = operation(Operation.Type.CREATE, "create");
      create.getCreateBuilder().addVolumes(volume());
      accept(framework, first, reserve.build(), create.build(), launch(first, "t1"));
      keeper.says("create OPERATION_FINISHED");
      keeper.says("t1 TASK_FINISHED");
      assertThat(site.output(id, "t1").strip()).isEqualTo("1");
      Path data = directory();

      site.restartsScheduler();
      site.restartsAgent();
      keeper.says("subscribed");
      Offer second = keeper.offer(each -> hasVolume(each) && hasCpus(each));
      accept(framework, second, launch(second, "t2"));
      keeper.says("t2 TASK_FINISHED");
      assertThat(site.output(id, "t2").strip()).as("what t1 wrote is there").isEqualTo("2");

      Offer third = keeper.offer(each -> hasVolume(each) && !each.getId().equals(second.getId()));
      Operation.Builder destroy = operation(Operation.Type.DESTROY, "destroy");
      destroy.getDestroyBuilder().addVolumes(volume());
      Operation.Builder unreserve = operation(Operation.Type.UNRESERVE, "unreserve");
      unreserve.getUnreserveBuilder().addResources(disk());
      accept(framework, third, destroy.build(), unreserve.build());
      keeper.says("unreserve OPERATION_FINISHED");
      OfferedFleet.until(() -> !Files.exists(data));
      assertThat(site.state().at("/slaves/0/reserved_resources")).isEmpty();
      framework.teardown();
      framework.join();
    }
  }

  /** Of the only volume that there is. */
  private static Path directory() throws Exception {
    try (Stream<Path> files = Files.walk(dir.resolve("machine/tasks/volumes/data/db/table"))) {
      return files
          .filter(each -> each.getFileName().toString().equals("file"))
          .findFirst()
          .orElseThrow()
          .getParent();
    }
  }
}

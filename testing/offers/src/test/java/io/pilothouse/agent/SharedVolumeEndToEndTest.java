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
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tasks of one framework and of another write to one volume at the same time, through the real
 * scheduler and the agent's part for offers, and over a restart of both.
 */
@Timeout(180)
class SharedVolumeEndToEndTest {
  private static final String ROLE = "db";

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

  private static FrameworkOptions options(String name, Capability.Type... capabilities) {
    FrameworkInfo.Builder info =
        FrameworkInfo.newBuilder().setUser("").setName(name).setFailoverTimeout(60).addRoles(ROLE);
    info.addCapabilitiesBuilder().setType(Capability.Type.MULTI_ROLE);
    info.addCapabilitiesBuilder().setType(Capability.Type.RESERVATION_REFINEMENT);
    for (Capability.Type each : capabilities) {
      info.addCapabilitiesBuilder().setType(each);
    }
    return FrameworkOptions.of(List.of(site.api), info.build())
        .credentials(OfferedSite.PRINCIPAL, OfferedSite.SECRET);
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
    return volume("common");
  }

  private static Resource volume(String id) {
    Resource.Builder volume = disk().toBuilder();
    volume.getDiskBuilder().getPersistenceBuilder().setId(id).setPrincipal(OfferedSite.PRINCIPAL);
    volume.getDiskBuilder().getVolumeBuilder().setContainerPath("data").setMode(Volume.Mode.RW);
    return volume.setShared(Resource.SharedInfo.getDefaultInstance()).build();
  }

  private static boolean isShared(Offer offer) {
    return offer.getResourcesList().stream().anyMatch(Resource::hasShared);
  }

  private static boolean hasCpus(Offer offer) {
    return offer.getResourcesList().stream()
            .filter(each -> each.getName().equals("cpus"))
            .mapToDouble(each -> each.getScalar().getValue())
            .sum()
        >= 0.2;
  }

  private static Operation operation(Operation.Type type, String id, Resource resource) {
    Operation.Builder operation = Operation.newBuilder().setType(type);
    operation.getIdBuilder().setValue(id);
    switch (type) {
      case RESERVE -> operation.getReserveBuilder().addResources(resource);
      case CREATE -> operation.getCreateBuilder().addVolumes(resource);
      case DESTROY -> operation.getDestroyBuilder().addVolumes(resource);
      default -> throw new IllegalArgumentException(type.toString());
    }
    return operation.build();
  }

  /** Writes its name, and ends once somebody says so. */
  private static Operation launch(Offer offer, String id) {
    TaskInfo task =
        Tasks.command(
            offer,
            id,
            "echo x >> data/" + id + "; while [ ! -e data/go ]; do sleep 0.05; done; ls data",
            0.1,
            32);
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
  void tasksOfTwoFrameworksWriteToOneVolumeAtOnce() throws Exception {
    OfferKeeper first = new OfferKeeper();
    OfferKeeper second = new OfferKeeper();
    OfferKeeper plain = new OfferKeeper();
    try (Framework maker =
        Framework.start(options("maker", Capability.Type.SHARED_RESOURCES), first)) {
      first.says("subscribed");
      Offer offer = first.offer(SharedVolumeEndToEndTest::hasCpus);
      accept(
          maker,
          offer,
          operation(Operation.Type.RESERVE, "reserve", disk()),
          operation(Operation.Type.CREATE, "create", volume()),
          launch(offer, "t1"),
          launch(offer, "t2"));
      first.says("create OPERATION_FINISHED");
      first.says("t1 TASK_RUNNING", "t2 TASK_RUNNING");
      OfferedFleet.until(() -> wrote("t1") && wrote("t2"));
      Path data = directory();

      first.declines(maker);
      try (Framework other = Framework.start(options("plain"), plain)) {
        plain.says("subscribed");
        Offer without = plain.offer(SharedVolumeEndToEndTest::hasCpus);
        assertThat(isShared(without)).as("it knows of no sharing").isFalse();
        accept(other, without, operation(Operation.Type.CREATE, "no", volume("own")));
        plain.says(
            "no OPERATION_ERRORCreate volume operation for 'disk(db)[own]<SHARED>:10' has been"
                + " attempted by framework '%s' with no SHARED_RESOURCES capability"
                    .formatted(other.id().orElseThrow().getValue()));
        other.teardown();
        other.join();
      }
      // afterwards: whoever comes first holds all that is free
      try (Framework user =
          Framework.start(options("user", Capability.Type.SHARED_RESOURCES), second)) {
        second.says("subscribed");
        Offer used = second.offer(each -> isShared(each) && hasCpus(each));
        accept(
            user, used, launch(used, "u1"), operation(Operation.Type.DESTROY, "early", volume()));
        second.says("early OPERATION_ERRORPersistent volumes in use");
        second.says("u1 TASK_RUNNING");
        OfferedFleet.until(() -> wrote("u1"));

        site.restartsScheduler();
        site.restartsAgent();
        first.says("subscribed");
        second.says("subscribed");
        OfferedFleet.until(() -> site.state().at("/slaves").size() == 1);
        Offer again = second.offer(SharedVolumeEndToEndTest::isShared);
        accept(user, again, operation(Operation.Type.DESTROY, "late", volume()));
        second.says("late OPERATION_ERRORPersistent volumes in use");

        Files.createFile(data.resolve("go"));
        first.says("t1 TASK_FINISHED", "t2 TASK_FINISHED"); // in any order
        second.says("u1 TASK_FINISHED");
        for (String each : List.of("t1", "t2")) {
          assertThat(site.output(maker.id().orElseThrow().getValue(), each))
              .isEqualTo("go\nt1\nt2\nu1\n");
        }
        Offer last = second.offer(SharedVolumeEndToEndTest::isShared);
        accept(user, last, operation(Operation.Type.DESTROY, "destroy", volume()));
        second.says("destroy OPERATION_FINISHED");
        OfferedFleet.until(() -> !Files.exists(data));
        user.teardown();
        user.join();
      }
      maker.teardown();
      maker.join();
    }
  }

  private static boolean wrote(String task) {
    try {
      return Files.exists(directory().resolve(task));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Of the only volume that there is. */
  private static Path directory() throws IOException {
    try (Stream<Path> all = Files.list(dir.resolve("machine/tasks/volumes/data/db/common"))) {
      return all.filter(Files::isDirectory).findFirst().orElseThrow();
    }
  }
}

package io.pilothouse.tasks;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.AgentVolume;
import io.pilothouse.api.v1.AgentVolumes;
import io.pilothouse.api.v1.SchedulerMessage;
import io.pilothouse.mesos.MediaType;
import io.pilothouse.mesos.v1.ExecutorID;
import io.pilothouse.mesos.v1.ExecutorInfo;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.TaskInfo;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.mesos.v1.TaskStatus.Reason;
import io.pilothouse.mesos.v1.Value;
import io.pilothouse.mesos.v1.executor.Event;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tasks that use more of the disk than they have. */
class TaskDiskTest {
  private static final Duration OFTEN = Duration.ofMillis(20);

  /** 3 MB, and on it goes. */
  private static final String GREEDY = "head -c 3145728 /dev/zero >big; exec sleep 600";

  @TempDir private Path disk;
  private Desk desk;

  @BeforeEach
  void open() throws Exception {
    desk = new Desk(disk);
    desk.rules = new Rules(4096, true, OFTEN);
  }

  @AfterEach
  void close() throws Exception {
    desk.close();
  }

  private static Resource.Builder disk(double megabytes) {
    Resource.Builder resource = Resource.newBuilder().setName("disk").setType(Value.Type.SCALAR);
    resource.getScalarBuilder().setValue(megabytes);
    return resource;
  }

  private static TaskInfo.Builder greedy(String id, double megabytes) {
    return Desk.task(id, GREEDY).addResources(disk(megabytes));
  }

  @Test
  void oneThatHasMoreInItsSandboxThanItMayIsEndedAndItsFrameworkIsToldAllOfIt() throws Exception {
    desk.launches(greedy("t1", 2));

    TaskStatus end = desk.until("t1", TaskState.TASK_FAILED);

    assertThat(end.getReason()).isEqualTo(Reason.REASON_CONTAINER_LIMITATION_DISK);
    assertThat(end.getSource()).isEqualTo(TaskStatus.Source.SOURCE_AGENT);
    assertThat(end.getMessage())
        .matches("Disk usage \\([0-9]+[KM]B\\) exceeds quota \\(2MB\\) in " + desk.sandbox("t1"));
    assertThat(end.getLimitation().getResourcesList()).singleElement().isEqualTo(disk(2).build());
    desk.round();
    assertThat(desk.remembered()).isZero();
  }

  @Test
  void oneThatHasEnoughAndOneThatHasNoDiskGoOn() throws Exception {
    desk.launches(greedy("t1", 4));
    desk.launches(Desk.task("t2", GREEDY));
    desk.launches(greedy("t3", 2));
    desk.until("t3", TaskState.TASK_FAILED);
    desk.launches(greedy("t4", 2));
    desk.until("t4", TaskState.TASK_FAILED); // all were looked at meanwhile

    assertThat(desk.states()).doesNotContain("t1 FAILED", "t2 FAILED");
  }

  @Test
  void whereItIsNotEnforcedItGoesOnAndIsEndedAsSoonAsItIs() throws Exception {
    desk.rules = new Rules(4096, false, OFTEN);
    desk.launches(greedy("t1", 2));
    desk.launches(Desk.task("t2", "exit 0"));
    desk.until("t2", TaskState.TASK_FINISHED);
    assertThat(desk.states()).doesNotContain("t1 FAILED");

    desk.rules = new Rules(4096, true, OFTEN);
    desk.until("t1", TaskState.TASK_FAILED);
  }

  @Test
  void theNextAgentLooksToo() throws Exception {
    desk.launches(
        Desk.task("t1", "while [ ! -e go ]; do sleep 0.02; done; " + GREEDY).addResources(disk(2)));
    desk.until("t1", TaskState.TASK_RUNNING);
    desk.restartsAgent();
    Files.createFile(desk.sandbox("t1").resolve("go"));

    assertThat(desk.until("t1", TaskState.TASK_FAILED).getReason())
        .isEqualTo(Reason.REASON_CONTAINER_LIMITATION_DISK);
  }

  @Test
  void aVolumeIsBoundedByItsOwnSizeAndIsNoneOfTheSandboxs() throws Exception {
    AgentVolume volume = AgentVolume.newBuilder().setRole("a").setId("v").setInstance("1").build();
    desk.tasks.take(
        SchedulerMessage.newBuilder()
            .setVolumes(AgentVolumes.newBuilder().addVolumes(volume))
            .build());
    Resource.Builder persistent = disk(2);
    persistent.addReservationsBuilder().setType(Resource.ReservationInfo.Type.DYNAMIC).setRole("a");
    persistent.getDiskBuilder().getPersistenceBuilder().setId("v");
    persistent
        .getDiskBuilder()
        .getVolumeBuilder()
        .setContainerPath("data")
        .setMode(io.pilothouse.mesos.v1.Volume.Mode.RW);
    String greedy = "cd data; while [ ! -e go ]; do sleep 0.02; done; " + GREEDY;
    desk.launches(Desk.task("t1", greedy).addResources(disk(1)).addResources(persistent));
    desk.until("t1", TaskState.TASK_RUNNING);
    Path data = new Volumes(new TaskDisk(disk.resolve("tasks"))).directory(volume);
    Files.write(data.resolve("half"), new byte[3 << 19]);
    desk.launches(greedy("t2", 1));
    desk.until("t2", TaskState.TASK_FAILED);
    assertThat(desk.states()).as("1.5 MB are too many for the sandbox").doesNotContain("t1 FAILED");
    desk.restartsAgent();
    Files.createFile(data.resolve("go"));

    TaskStatus end = desk.until("t1", TaskState.TASK_FAILED);

    assertThat(end.getReason()).isEqualTo(Reason.REASON_CONTAINER_LIMITATION_DISK);
    assertThat(end.getMessage()).endsWith("exceeds quota (2MB) in " + data);
    assertThat(end.getLimitation().getResources(0)).isEqualTo(persistent.build());
  }

  @Test
  void anExecutorHasWhatItAndItsTasksHaveAndEndsWithAllOfThem() throws Exception {
    ExecutorInfo.Builder info = Desk.executor("e").addResources(disk(2));
    desk.launches(Desk.inExecutor("t1", info).addResources(disk(2)));
    try (PlayedExecutor executor = PlayedExecutor.of(desk, "e", MediaType.PROTOBUF)) {
      executor.subscribes();
      executor.hears(Event.Type.SUBSCRIBED);
      executor.hears(Event.Type.LAUNCH);
      Files.write(executor.sandbox.resolve("big"), new byte[3 << 20]);
      desk.launches(greedy("t2", 1));
      desk.until("t2", TaskState.TASK_FAILED);
      assertThat(desk.states()).doesNotContain("t1 FAILED");

      desk.launchesInRunning(Desk.inExecutor("t3", info));
      executor.tells("t1", TaskState.TASK_FINISHED); // and takes its disk along
      TaskStatus end = desk.until("t3", TaskState.TASK_FAILED);
      assertThat(end.getReason()).isEqualTo(Reason.REASON_CONTAINER_LIMITATION_DISK);
      assertThat(end.getMessage()).endsWith("exceeds quota (2MB) in " + executor.sandbox);
      assertThat(desk.states()).contains("t1 FINISHED").doesNotContain("t1 FAILED");
      desk.await(() -> desk.said.stream().anyMatch(each -> each.hasExecutorEnded()));
    }
  }

  @Test
  void oneOfAGroupTakesTheOthersAlong() throws Exception {
    ExecutorInfo.Builder executor =
        ExecutorInfo.newBuilder()
            .setType(ExecutorInfo.Type.DEFAULT)
            .setFrameworkId(Desk.framework().getId())
            .setExecutorId(ExecutorID.newBuilder().setValue("g"));
    desk.launchesGroup(executor, greedy("a", 2), Desk.task("b", "sleep 600").addResources(disk(1)));

    TaskStatus end = desk.until("a", TaskState.TASK_FAILED);
    assertThat(end.getReason()).isEqualTo(Reason.REASON_CONTAINER_LIMITATION_DISK);
    assertThat(desk.until("b", TaskState.TASK_KILLED).getMessage())
        .startsWith("Task 'a' of its group ended as TASK_FAILED");
  }
}

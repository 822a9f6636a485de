package io.pilothouse.tasks;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.AgentMessage;
import io.pilothouse.api.v1.AgentVolume;
import io.pilothouse.api.v1.AgentVolumes;
import io.pilothouse.api.v1.SchedulerMessage;
import io.pilothouse.mesos.MediaType;
import io.pilothouse.mesos.v1.CommandInfo;
import io.pilothouse.mesos.v1.ContainerInfo;
import io.pilothouse.mesos.v1.ExecutorInfo;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.mesos.v1.TaskStatus.Reason;
import io.pilothouse.mesos.v1.Value;
import io.pilothouse.mesos.v1.Volume;
import io.pilothouse.mesos.v1.executor.Event;
import io.pilothouse.processes.Cgroups;
import io.pilothouse.tasks.oci.BusyboxImage;
import java.nio.file.Files;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Executors of frameworks in containers: real processes, for which the test speaks. Needs what
 * {@link ContainedTasksTest} does.
 */
@Tag("system")
@Timeout(120)
class ContainedExecutorsTest extends ContainedTests {
  private static ExecutorInfo.Builder executor(String line) {
    return Desk.executor("e")
        .setCommand(CommandInfo.newBuilder().setValue(line))
        .setContainer(mesos(BusyboxImage.NAME));
  }

  private PlayedExecutor running(ExecutorInfo.Builder info) throws Exception {
    desk.launches(Desk.inExecutor("t1", info));
    PlayedExecutor executor = PlayedExecutor.of(desk, "e", MediaType.JSON);
    subscribes(executor);
    executor.hears(Event.Type.LAUNCH);
    executor.tells("t1", TaskState.TASK_RUNNING);
    desk.until("t1", TaskState.TASK_RUNNING);
    executor.hears(Event.Type.ACKNOWLEDGED);
    return executor;
  }

  private static void subscribes(PlayedExecutor executor) throws Exception {
    executor.subscribes();
    executor.hears(Event.Type.SUBSCRIBED);
  }

  private boolean hasEnded() {
    return desk.said.stream().anyMatch(AgentMessage::hasExecutorEnded);
  }

  @Test
  void itRunsInItsImageAndReachesTheAgent() throws Exception {
    String reach =
        "nc -w 5 ${MESOS_AGENT_ENDPOINT%:*} ${MESOS_AGENT_ENDPOINT#*:} </dev/null"
            + " && echo connected >reached; cat /etc/hello >>reached; ";
    try (PlayedExecutor executor = running(executor(reach + PlayedExecutor.LINE))) {
      assertThat(executor.environment)
          .containsEntry("MESOS_SANDBOX", "/mnt/mesos/sandbox")
          .containsEntry("MESOS_DIRECTORY", "/mnt/mesos/sandbox")
          .containsEntry("FROM", "image")
          .containsEntry("MESOS_EXECUTOR_ID", "e")
          .doesNotContainKeys("GREETING", "PILOT_X");
      assertThat(executor.sandbox.resolve("reached")).hasContent("connected\nfrom the image");

      executor.exits(3);

      TaskStatus end = desk.until("t1", TaskState.TASK_FAILED);
      assertThat(end.getReason()).isEqualTo(Reason.REASON_EXECUTOR_TERMINATED);
      assertThat(end.getMessage()).isEqualTo("Executor exited with status 3");
      desk.await(this::hasEnded);
    }
    nothingIsLeft();
  }

  @Test
  void itOutlivesTheAgentAndIsShutDownByTheNextOne() throws Exception {
    ExecutorInfo.Builder info =
        executor("trap '' TERM; " + PlayedExecutor.LINE)
            .setShutdownGracePeriod(Desk.duration(Duration.ofMillis(100)));
    try (PlayedExecutor executor = running(info)) {
      desk.restartsAgent();
      executor.hears(Event.Type.UNKNOWN); // the stream's end
      subscribes(executor);
      desk.launches(Desk.inExecutor("t2", info));
      executor.hears(Event.Type.LAUNCH);

      desk.shutsDownExecutor("e");

      executor.hears(Event.Type.SHUTDOWN);
      for (String each : new String[] {"t1", "t2"}) {
        assertThat(desk.until(each, TaskState.TASK_FAILED).getMessage())
            .isEqualTo("Executor terminated with signal Killed");
      }
      desk.await(this::hasEnded);
    }
    nothingIsLeft();
  }

  @Test
  void oneThatCannotStartFailsItsTasksAndSaysWhy() throws Exception {
    desk.launches(
        Desk.inExecutor(
            "t1",
            executor("").setCommand(CommandInfo.newBuilder().setShell(false).setValue("nothing"))));
    TaskStatus end = desk.until("t1", TaskState.TASK_FAILED);
    assertThat(end.getReason()).isEqualTo(Reason.REASON_CONTAINER_LAUNCH_FAILED);
    assertThat(end.getMessage())
        .startsWith("Failed to launch container: crun: ")
        .contains("nothing");
    desk.await(this::hasEnded);
    nothingIsLeft();

    desk.launches(Desk.inExecutor("t2", executor("x").setContainer(mesos("busybox:2"))));
    end = desk.until("t2", TaskState.TASK_FAILED);
    assertThat(end.getReason()).isEqualTo(Reason.REASON_CONTAINER_LAUNCH_FAILED);
    assertThat(end.getMessage()).contains("holds the image 'busybox:2': there are busybox:1");
    nothingIsLeft();
  }

  @Test
  void oneThatIsShutDownWhileItsContainerIsPreparedNeverRuns() throws Exception {
    desk.launches(Desk.inExecutor("t1", executor("touch ran")));
    desk.shutsDownExecutor("e");
    assertThat(desk.until("t1", TaskState.TASK_FAILED).getMessage())
        .isEqualTo("Executor was shut down while its container was prepared");
    assertThat(desk.sandbox("e").resolve("ran")).doesNotExist();
    nothingIsLeft();
  }

  @Test
  void anAgentThatEndsWhileItPreparesIsFollowedByOneThatDoesItAnew() throws Exception {
    desk.launches(Desk.inExecutor("t1", executor(PlayedExecutor.LINE)));
    desk.restartsAgent();
    try (PlayedExecutor executor = PlayedExecutor.of(desk, "e", MediaType.JSON)) {
      subscribes(executor);
      executor.hears(Event.Type.LAUNCH);
      executor.exits(0);
      desk.await(this::hasEnded);
    }
    nothingIsLeft();
  }

  private static Volume.Builder volume(String from, String to, Volume.Mode mode) {
    return Volume.newBuilder().setHostPath(from).setContainerPath(to).setMode(mode);
  }

  private void hears(String volume) throws Exception {
    AgentVolume.Builder listed = AgentVolume.newBuilder().setRole("r").setId(volume);
    desk.tasks.take(
        SchedulerMessage.newBuilder()
            .setVolumes(AgentVolumes.newBuilder().addVolumes(listed.setInstance("i")))
            .build());
  }

  private static Resource.Builder persistent(String id, Volume.Mode mode) {
    Resource.Builder disk = Resource.newBuilder().setName("disk").setType(Value.Type.SCALAR);
    disk.getScalarBuilder().setValue(10);
    disk.addReservationsBuilder().setType(Resource.ReservationInfo.Type.DYNAMIC).setRole("r");
    disk.getDiskBuilder().getPersistenceBuilder().setId(id);
    disk.getDiskBuilder().getVolumeBuilder().setContainerPath("data").setMode(mode);
    return disk;
  }

  @Test
  void itHasTheVolumesThatItNamesAndThoseOfItsResources() throws Exception {
    hears("v");
    Files.writeString(data.resolve("file"), "of the machine");
    ExecutorInfo.Builder info =
        executor("cat /srv/file >got; echo kept >data/f; " + PlayedExecutor.LINE)
            .addResources(persistent("v", Volume.Mode.RW));
    info.getContainerBuilder().addVolumes(volume(data.toString(), "/srv", Volume.Mode.RO));
    try (PlayedExecutor executor = running(info)) {
      assertThat(executor.sandbox.resolve("got")).hasContent("of the machine");
      assertThat(executor.sandbox.resolve("data/f")).hasContent("kept\n");
      executor.exits(0);
      desk.await(this::hasEnded);
    }
    nothingIsLeft();
  }

  @Test
  void itsMemoryIsItsOwnAndThatOfItsTasks() throws Exception {
    desk.cgroups = Cgroups.find(Cgroups.MOUNTS, "pilothouse-test-" + UUID.randomUUID() + "/m");
    desk.restartsAgent();
    ExecutorInfo.Builder info =
        executor("touch up; while [ ! -e go ]; do sleep 0.02; done; head -c 300m /dev/zero | tail")
            .addResources(memory(32));
    desk.launches(Desk.inExecutor("t1", info).addResources(memory(32)));
    waitsFor("e", "up");
    Files.createFile(desk.sandbox("e").resolve("go"));

    TaskStatus end = desk.until("t1", TaskState.TASK_FAILED);

    assertThat(end.getReason()).isEqualTo(Reason.REASON_CONTAINER_LIMITATION_MEMORY);
    assertThat(end.getMessage()).startsWith("Memory limit exceeded: Requested: 64MB");
    nothingIsLeft();
  }

  // ---- without an image

  private static ContainerInfo.Builder volumes(Volume.Builder... volumes) {
    ContainerInfo.Builder info = ContainerInfo.newBuilder().setType(ContainerInfo.Type.MESOS);
    for (Volume.Builder each : volumes) {
      info.addVolumes(each);
    }
    return info;
  }

  @Test
  void onTheMachineItHasItsVolumesBelowItsSandbox() throws Exception {
    Files.writeString(data.resolve("file"), "of the machine");
    String line =
        "cat in/file >got; touch in/new 2>>got; echo x >own/made; cat again/made >>got; id -u >>got; ";
    ExecutorInfo.Builder info =
        Desk.executor("e")
            .setCommand(CommandInfo.newBuilder().setValue(line + PlayedExecutor.LINE))
            .setContainer(
                volumes(
                    volume(data.toString(), "in", Volume.Mode.RO),
                    volume("deep/own", "own", Volume.Mode.RW),
                    volume("deep/own", "again", Volume.Mode.RO)));
    try (PlayedExecutor executor = running(info)) {
      assertThat(executor.sandbox.resolve("got"))
          .content()
          .startsWith("of the machine")
          .contains("in/new': Read-only file system")
          .endsWith("x\n0\n");
      assertThat(data.resolve("new")).doesNotExist();
      assertThat(executor.sandbox.resolve("in")).as("seen from outside").isEmptyDirectory();
      assertThat(executor.sandbox.resolve("deep/own/made")).hasContent("x");
      desk.restartsAgent();
      executor.exits(0);
      desk.await(this::hasEnded);
    }
  }

  @Test
  void aCommandHasThemTooAndWhatLooksAtItSeesThem() throws Exception {
    Files.writeString(data.resolve("file"), "of the machine");
    hears("v");
    desk.launches(
        Desk.task("w", "echo kept >data/f").addResources(persistent("v", Volume.Mode.RW)));
    desk.until("w", TaskState.TASK_FINISHED);
    io.pilothouse.mesos.v1.TaskInfo.Builder task =
        Desk.task(
                "t1", "cat in/file data/f; echo y >data/f; while [ ! -e go ]; do sleep 0.02; done")
            .addResources(persistent("v", Volume.Mode.RO))
            .setContainer(volumes(volume(data.toString(), "in", Volume.Mode.RO)));
    task.getCheckBuilder()
        .setType(io.pilothouse.mesos.v1.CheckInfo.Type.COMMAND)
        .setDelaySeconds(0)
        .setIntervalSeconds(0.1)
        .getCommandBuilder()
        .getCommandBuilder()
        .setValue("test -e in/file && exit 5");
    desk.launches(task);
    desk.await(
        () ->
            desk.heard.stream()
                .anyMatch(each -> each.getCheckStatus().getCommand().getExitCode() == 5));
    Files.createFile(desk.sandbox("t1").resolve("go"));
    desk.until("t1", TaskState.TASK_FINISHED);
    assertThat(desk.stdout("t1")).isEqualTo("of the machinekept\n");
    assertThat(Files.readString(desk.sandbox("t1").resolve("stderr")))
        .contains("data/f: Read-only file system");
    assertThat(desk.sandbox("t1").resolve("data/f")).hasContent("kept\n");
  }

  @Test
  void whatIsTakenOrNotAllowedIsNotMounted() throws Exception {
    desk.launches(Desk.task("t1", "x").setContainer(volumes(volume("/etc", "in", Volume.Mode.RO))));
    assertThat(refused("t1").getMessage()).contains("containers may not have /etc of this machine");
    desk.launches(
        Desk.task("t2", "x").setContainer(volumes(volume("own", "stdout", Volume.Mode.RW))));
    assertThat(refused("t2").getMessage())
        .isEqualTo(
            "Failed to launch container: the container path 'stdout' of a volume is taken already:"
                + " 'stdout' is no directory");
  }
}

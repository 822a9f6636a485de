package io.pilothouse.tasks;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.AgentVolume;
import io.pilothouse.api.v1.AgentVolumes;
import io.pilothouse.api.v1.SchedulerMessage;
import io.pilothouse.mesos.v1.CheckInfo;
import io.pilothouse.mesos.v1.CommandInfo;
import io.pilothouse.mesos.v1.ContainerInfo;
import io.pilothouse.mesos.v1.ExecutorID;
import io.pilothouse.mesos.v1.ExecutorInfo;
import io.pilothouse.mesos.v1.Image;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.TaskInfo;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.mesos.v1.TaskStatus.Reason;
import io.pilothouse.mesos.v1.Value;
import io.pilothouse.mesos.v1.Volume;
import io.pilothouse.processes.Cgroups;
import io.pilothouse.processes.ProcFs;
import io.pilothouse.tasks.oci.BusyboxImage;
import io.pilothouse.tasks.oci.ContainerSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tasks in containers, with the machine's own crun. Needs root, Debian's crun and busybox-static,
 * and a kernel that lets root make name spaces; where one of them is missing it fails.
 */
@Tag("system")
class ContainedTasksTest {
  @TempDir private Path dir;
  private Desk desk;
  private Path shelf;
  private Path data;

  @BeforeEach
  void start() throws Exception {
    shelf = BusyboxImage.in(dir.resolve("shelf"), "'Env':['FROM=image','PILOT_X=no']");
    data = Files.createDirectory(dir.resolve("data"));
    desk = new Desk(Files.createDirectory(dir.resolve("machine")));
    desk.containers =
        new ContainerSettings(
            () -> List.of(shelf), () -> List.of(data), ContainerSettings.PROGRAMS);
    desk.restartsAgent();
  }

  @AfterEach
  void stop() throws Exception {
    desk.close();
    desk.cgroups.retain(Set.of());
    assertThat(Files.readAllLines(Path.of("/proc/mounts")))
        .as("no mount of a container is the machine's")
        .noneMatch(each -> each.contains(dir.toString()));
  }

  private static ContainerInfo.Builder mesos(String image) {
    return ContainerInfo.newBuilder()
        .setType(ContainerInfo.Type.MESOS)
        .setMesos(
            ContainerInfo.MesosInfo.newBuilder()
                .setImage(
                    Image.newBuilder()
                        .setType(Image.Type.DOCKER)
                        .setDocker(Image.Docker.newBuilder().setName(image))));
  }

  private static TaskInfo.Builder task(String id, String line) {
    return Desk.task(id, line).setContainer(mesos(BusyboxImage.NAME));
  }

  private Path bundles() {
    return desk.disk.resolve("tasks/bundles");
  }

  private String waitsFor(String id, String file) throws Exception {
    desk.await(() -> exists(id, file));
    return Files.readString(desk.sandbox(id).resolve(file));
  }

  private boolean exists(String id, String file) {
    try {
      return Files.exists(desk.sandbox(id).resolve(file));
    } catch (IOException e) {
      return false; // its sandbox is to come
    }
  }

  private void nothingIsLeft() throws Exception {
    desk.await(
        () -> {
          try (Stream<Path> list = Files.list(bundles())) {
            return list.findAny().isEmpty();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
  }

  @Test
  void aTaskSeesItsImageAndItsSandboxAndNothingElse() throws Exception {
    desk.launches(
        task(
            "t1",
            "cat /etc/hello; echo; id -u; pwd; hostname; echo $FROM $MESOS_SANDBOX $PILOT_X."
                + " $GREETING. $MESOS_TASK_ID; ps | wc -l; readlink /proc/1/exe;"
                + " touch /written here; ls /sys/fs/cgroup >/dev/null; mount -t tmpfs x /tmp;"
                + " mknod /tmp/d b 8 0; echo x >/proc/sys/kernel/hostname; exit 7"));

    TaskStatus end = desk.until("t1", TaskState.TASK_FAILED);

    assertThat(desk.states()).containsExactly("t1 STARTING", "t1 RUNNING", "t1 FAILED");
    assertThat(end.getMessage()).isEqualTo("Command exited with status 7");
    assertThat(desk.stdout("t1").lines())
        .containsExactly(
            "from the image",
            "0",
            "/mnt/mesos/sandbox",
            "web-01",
            "image /mnt/mesos/sandbox . . t1",
            "4", // the head of the list, the shell, ps and wc
            "/bin/busybox");
    assertThat(Files.readString(desk.sandbox("t1").resolve("stderr")))
        .contains("mount: ", "mknod: ", "/proc/sys/kernel/hostname", "Read-only file system");
    assertThat(desk.sandbox("t1").resolve("here")).exists();
    nothingIsLeft();
    Path unpacked = desk.disk.resolve("tasks/images/unpacked");
    try (Stream<Path> list = Files.list(unpacked)) {
      assertThat(list.findFirst().orElseThrow().resolve("rootfs/written")).doesNotExist();
    }
  }

  @Test
  void oneOfTypeDockerRunsWhatItsImageStarts() throws Exception {
    BusyboxImage.in(
        shelf, "'Entrypoint':['/bin/sh','-c'],'Cmd':['echo of the image'],'WorkingDir':'/etc'");
    ContainerInfo.Builder docker =
        ContainerInfo.newBuilder()
            .setType(ContainerInfo.Type.DOCKER)
            .setDocker(
                ContainerInfo.DockerInfo.newBuilder().setImage("docker.io/library/busybox:1"));
    desk.launches(
        Desk.task("t1", "")
            .setCommand(CommandInfo.newBuilder().setShell(false))
            .setContainer(docker));
    desk.until("t1", TaskState.TASK_FINISHED);
    assertThat(desk.stdout("t1")).isEqualTo("of the image\n");

    desk.launches(
        Desk.task("t2", "")
            .setCommand(CommandInfo.newBuilder().setShell(false).addArguments("pwd; cat hello"))
            .setContainer(docker));
    desk.until("t2", TaskState.TASK_FINISHED);
    assertThat(desk.stdout("t2")).isEqualTo("/etc\nfrom the image");
  }

  @Test
  void aKillIsHeardOnceAndTheGraceIsGiven() throws Exception {
    desk.launches(
        task(
            "t1",
            "trap 'echo bye >>said; sleep 0.2; exit 3' TERM; touch up; while :; do sleep 0.02;"
                + " done"));
    desk.until("t1", TaskState.TASK_RUNNING);
    waitsFor("t1", "up");

    desk.kills("t1", Duration.ofSeconds(20));

    TaskStatus end = desk.until("t1", TaskState.TASK_KILLED);
    assertThat(end.getMessage()).isEqualTo("Command exited with status 3");
    assertThat(desk.sandbox("t1").resolve("said")).hasContent("bye");
    nothingIsLeft();

    desk.launches(task("t2", "touch up; trap '' TERM; while :; do sleep 0.02; done"));
    waitsFor("t2", "up");
    desk.kills("t2", Duration.ofMillis(50));
    assertThat(desk.until("t2", TaskState.TASK_KILLED).getMessage())
        .isEqualTo("Command terminated with signal Killed");
    nothingIsLeft();
  }

  @Test
  void aContainerOutlivesTheAgentAndIsStillLookedInto() throws Exception {
    desk.launches(
        task("t1", "touch up; while [ ! -e go ]; do sleep 0.02; done; exit 0")
            .setCheck(
                looks(
                    "test \"$FROM$(pwd)\" = image/mnt/mesos/sandbox || exit 9;"
                        + " test -e ill && exit 4; exit 5")));
    desk.await(() -> code() == 5);

    desk.restartsAgent();
    Files.createFile(desk.sandbox("t1").resolve("ill"));

    desk.await(() -> code() == 4);
    Files.createFile(desk.sandbox("t1").resolve("go"));
    desk.until("t1", TaskState.TASK_FINISHED);
    nothingIsLeft();
  }

  private int code() {
    return desk.heard.isEmpty()
        ? -1
        : desk.heard.getLast().getCheckStatus().getCommand().getExitCode();
  }

  @Test
  void ofWhatAnAgentStartedAndDidNotWriteDownNothingIsLeft() throws Exception {
    desk.launches(task("t1", "touch up; exec env -i sleep 600"));
    desk.until("t1", TaskState.TASK_RUNNING);
    waitsFor("t1", "up");
    String container = desk.sandbox("t1").getFileName().toString();
    long pid = Long.parseLong(Files.readString(bundles().resolve(container + "/pid")).strip());
    desk.tasks.close();
    Files.delete(desk.disk.resolve("tasks/meta").resolve(container).resolve("keeper"));
    Path half = Files.createDirectories(bundles().resolve("half/upper/etc"));

    desk.restartsAgent();

    desk.until("t1", TaskState.TASK_LOST);
    desk.await(() -> ProcFs.stat(pid).isEmpty());
    assertThat(half).doesNotExist();
    nothingIsLeft();
  }

  @Test
  void anAgentThatEndsWhileItPreparesIsFollowedByOneThatDoesItAnew() throws Exception {
    desk.launches(task("t1", "echo done"));
    desk.restartsAgent();
    desk.until("t1", TaskState.TASK_FINISHED);
    nothingIsLeft();
  }

  @Test
  void aTaskThatUsesMoreMemoryThanItHasIsTold() throws Exception {
    String name = "pilothouse-test-" + UUID.randomUUID();
    desk.cgroups = Cgroups.find(Cgroups.MOUNTS, name + "/m");
    assertThat(
            desk.cgroups.notEnforced(TaskLimits.of(task("t", "").addResources(memory(64)).build())))
        .isEmpty();
    desk.restartsAgent();
    desk.launches(task("t1", "head -c 300m /dev/zero | tail").addResources(memory(64)));

    TaskStatus hungry = desk.until("t1", TaskState.TASK_FAILED);

    assertThat(hungry.getReason()).isEqualTo(Reason.REASON_CONTAINER_LIMITATION_MEMORY);
    assertThat(hungry.getMessage()).isEqualTo("Memory limit exceeded: Requested: 64MB");
    nothingIsLeft();
  }

  private static Resource.Builder memory(int megabytes) {
    return Resource.newBuilder()
        .setName("mem")
        .setType(Value.Type.SCALAR)
        .setScalar(Value.Scalar.newBuilder().setValue(megabytes));
  }

  private TaskStatus refused(String id) throws Exception {
    TaskStatus end = desk.until(id, TaskState.TASK_FAILED);
    assertThat(end.getReason()).isEqualTo(Reason.REASON_CONTAINER_LAUNCH_FAILED);
    assertThat(desk.states()).doesNotContain(id + " RUNNING");
    return end;
  }

  @Test
  void whatCannotBeStartedIsToldInTheRuntimesWords() throws Exception {
    desk.launches(
        Desk.task("t1", "")
            .setCommand(CommandInfo.newBuilder().setShell(false).setValue("nothing-there"))
            .setContainer(mesos(BusyboxImage.NAME)));
    assertThat(refused("t1").getMessage())
        .startsWith("Failed to launch container: crun: ")
        .contains("nothing-there");
    nothingIsLeft();

    desk.launches(Desk.task("t2", "x").setContainer(mesos("busybox:2")));
    assertThat(refused("t2").getMessage())
        .isEqualTo(
            "Failed to launch container: no archive in [%s] holds the image 'busybox:2': there are"
                    .formatted(shelf)
                + " busybox:1");
  }

  @Test
  void aMachineWithoutARuntimeSaysWhatToInstall() throws Exception {
    desk.containers = new ContainerSettings(() -> List.of(shelf), List::of, List.of(data));
    desk.restartsAgent();
    desk.launches(task("t1", "x"));
    assertThat(refused("t1").getMessage())
        .isEqualTo(
            "Failed to launch container: this machine has nothing that runs containers: install"
                + " crun or runc on the machine (Debian packages crun, runc), or place the task on"
                + " another");
  }

  private static Volume.Builder volume(String from, String to, Volume.Mode mode) {
    return Volume.newBuilder().setHostPath(from).setContainerPath(to).setMode(mode);
  }

  @Test
  void volumesAreThereAndOnlyWhatTheOperatorAllows() throws Exception {
    Files.writeString(data.resolve("file"), "of the machine");
    TaskInfo.Builder task =
        task("t1", "cat /srv/in/file; echo y >/srv/in/file; echo x >/var/own/made; cat in/made");
    task.getContainerBuilder()
        .addVolumes(volume(data.toString(), "/srv/in", Volume.Mode.RO))
        .addVolumes(volume("deep/own", "/var/own", Volume.Mode.RW))
        .addVolumes(volume("deep/own", "in", Volume.Mode.RO));
    desk.launches(task);
    desk.until("t1", TaskState.TASK_FINISHED);
    assertThat(desk.stdout("t1")).isEqualTo("of the machinex\n");
    assertThat(data.resolve("file")).hasContent("of the machine");
    assertThat(desk.sandbox("t1").resolve("deep/own/made")).hasContent("x");

    TaskInfo.Builder other = task("t2", "x");
    other.getContainerBuilder().addVolumes(volume("/etc", "/srv/etc", Volume.Mode.RO));
    desk.launches(other);
    assertThat(refused("t2").getMessage())
        .isEqualTo(
            "Failed to launch container: containers may not have /etc of this machine: use a path"
                + " below the sandbox, or have the machine's type allow exactly this one (offers:"
                + " host-paths: [/etc])");
    nothingIsLeft();
  }

  @Test
  void itRunsAsTheMachinesUserElseAsTheImages() throws Exception {
    String line =
        "id -u; id -g; touch mine; touch /tmp/x; touch /etc/x; grep Cap /proc/self/status";
    TaskInfo.Builder nobody = task("t1", line);
    nobody.getCommandBuilder().setUser("nobody");
    desk.launches(nobody);
    desk.until("t1", TaskState.TASK_FINISHED);
    assertThat(desk.stdout("t1"))
        .startsWith("65534\n65534\n")
        .contains("CapEff:\t0000000000000000");
    assertThat((int) Files.getAttribute(desk.sandbox("t1").resolve("mine"), "unix:uid"))
        .isEqualTo(65534);
    assertThat(Files.readString(desk.sandbox("t1").resolve("stderr")))
        .contains("/etc/x: Permission denied")
        .doesNotContain("/tmp/x", "mine");

    BusyboxImage.in(shelf, "'User':'own'");
    desk.launches(task("t2", line));
    desk.until("t2", TaskState.TASK_FINISHED);
    assertThat(desk.stdout("t2")).startsWith("4242\n4343\n");
    assertThat((int) Files.getAttribute(desk.sandbox("t2").resolve("mine"), "unix:uid"))
        .isEqualTo(4242);
  }

  @Test
  void tasksOfAGroupHaveContainersAndMayShareADirectory() throws Exception {
    Volume shared =
        Volume.newBuilder()
            .setContainerPath("/shared")
            .setMode(Volume.Mode.RW)
            .setSource(
                Volume.Source.newBuilder()
                    .setType(Volume.Source.Type.SANDBOX_PATH)
                    .setSandboxPath(
                        Volume.Source.SandboxPath.newBuilder()
                            .setType(Volume.Source.SandboxPath.Type.PARENT)
                            .setPath("between")))
            .build();
    TaskInfo.Builder first = task("a", "echo hello >/shared/new; sleep 0.1; exit 0");
    first.getContainerBuilder().addVolumes(shared);
    TaskInfo.Builder second =
        task("b", "while [ ! -s /shared/new ]; do sleep 0.02; done; cat /shared/new >out; exit 0");
    second.getContainerBuilder().addVolumes(shared);
    desk.launchesGroup(
        ExecutorInfo.newBuilder()
            .setType(ExecutorInfo.Type.DEFAULT)
            .setExecutorId(ExecutorID.newBuilder().setValue("e"))
            .setFrameworkId(Desk.framework().getId())
            .setContainer(ContainerInfo.newBuilder().setType(ContainerInfo.Type.MESOS)),
        first,
        second);
    desk.until("a", TaskState.TASK_FINISHED);
    desk.until("b", TaskState.TASK_FINISHED);
    assertThat(desk.sandbox("e").resolve("between/new")).hasContent("hello");
    nothingIsLeft();
  }

  @Test
  void aPersistentVolumeIsWhereItsTaskLooksForIt() throws Exception {
    desk.tasks.take(
        SchedulerMessage.newBuilder()
            .setVolumes(
                AgentVolumes.newBuilder()
                    .addVolumes(AgentVolume.newBuilder().setRole("r").setId("v").setInstance("i")))
            .build());
    Resource.Builder disk = Resource.newBuilder().setName("disk").setType(Value.Type.SCALAR);
    disk.getScalarBuilder().setValue(10);
    disk.addReservationsBuilder().setType(Resource.ReservationInfo.Type.DYNAMIC).setRole("r");
    disk.getDiskBuilder().getPersistenceBuilder().setId("v");
    disk.getDiskBuilder().getVolumeBuilder().setContainerPath("data").setMode(Volume.Mode.RW);
    TaskInfo.Builder writes = task("t1", "echo kept >data/file").addResources(disk);
    writes.getCommandBuilder().setUser("nobody");
    desk.launches(writes);
    desk.until("t1", TaskState.TASK_FINISHED);

    desk.launches(
        Desk.task("t2", "cat data/file").addResources(disk)); // by a command of the machine
    desk.until("t2", TaskState.TASK_FINISHED);

    assertThat(desk.stdout("t2")).isEqualTo("kept\n");
  }

  @Test
  void whoIsKilledWhileTheContainerIsPreparedNeverRuns() throws Exception {
    desk.launches(task("t1", "touch ran"));
    desk.kills("t1", Duration.ZERO);
    TaskStatus end = desk.until("t1", TaskState.TASK_KILLED);
    assertThat(end.getMessage()).isEqualTo("Killed while its container was prepared");
    assertThat(end.getReason()).isEqualTo(Reason.REASON_TASK_KILLED_DURING_LAUNCH);
    assertThat(desk.states()).doesNotContain("t1 RUNNING");
    nothingIsLeft();
  }

  @Test
  void runcDoesTheSame() throws Exception {
    Path runc = Path.of("/usr/sbin/runc");
    assertThat(runc).as("install runc").isExecutable();
    Path programs = Files.createDirectory(dir.resolve("programs"));
    Files.createSymbolicLink(programs.resolve("runc"), runc);
    desk.containers =
        new ContainerSettings(() -> List.of(shelf), () -> List.of(data), List.of(programs));
    String name = "pilothouse-test-" + UUID.randomUUID();
    desk.cgroups = Cgroups.find(Cgroups.MOUNTS, name + "/m");
    desk.restartsAgent();
    desk.launches(
        task("t1", "cat /etc/hello; touch up; trap 'exit 3' TERM; while :; do sleep 0.02; done")
            .addResources(memory(128))
            .setCheck(looks("test -e up && exit 5")));
    desk.await(() -> code() == 5);
    desk.restartsAgent();
    desk.kills("t1", Duration.ofSeconds(20));
    assertThat(desk.until("t1", TaskState.TASK_KILLED).getMessage())
        .isEqualTo("Command exited with status 3");
    assertThat(desk.stdout("t1")).isEqualTo("from the image");

    desk.launches(
        Desk.task("t2", "")
            .setCommand(CommandInfo.newBuilder().setShell(false).setValue("nothing-there"))
            .addResources(memory(128))
            .setContainer(mesos(BusyboxImage.NAME)));
    assertThat(refused("t2").getMessage())
        .startsWith("Failed to launch container: runc: ")
        .contains("nothing-there");
    nothingIsLeft();
    removeGroups(name);
  }

  /** What runc makes in those hierarchies that the agent does not use. */
  private static void removeGroups(String name) throws IOException {
    try (Stream<Path> list = Files.list(Path.of("/sys/fs/cgroup"))) {
      for (Path each : list.map(e -> e.resolve(name)).filter(Files::isDirectory).toList()) {
        Files.deleteIfExists(each.resolve("m"));
        Files.deleteIfExists(each);
      }
    }
  }

  private static CheckInfo.Builder looks(String line) {
    return CheckInfo.newBuilder()
        .setType(CheckInfo.Type.COMMAND)
        .setDelaySeconds(0)
        .setIntervalSeconds(0.1)
        .setCommand(
            CheckInfo.Command.newBuilder().setCommand(CommandInfo.newBuilder().setValue(line)));
  }
}

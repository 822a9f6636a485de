package io.pilothouse.tasks;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.AgentVolume;
import io.pilothouse.api.v1.AgentVolumes;
import io.pilothouse.api.v1.SchedulerMessage;
import io.pilothouse.mesos.v1.CommandInfo;
import io.pilothouse.mesos.v1.ContainerInfo;
import io.pilothouse.mesos.v1.ExecutorID;
import io.pilothouse.mesos.v1.ExecutorInfo;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.TaskInfo;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.Value;
import io.pilothouse.mesos.v1.Volume;
import io.pilothouse.tasks.oci.BusyboxImage;
import io.pilothouse.tasks.oci.ContainerSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What a container is made of, and who it runs as; it needs what {@link ContainedTasksTest} does.
 */
@Tag("system")
class ContainedFilesTest extends ContainedTests {
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
  void whatIsToBeReadAloneIsMountedInNoOtherMode() throws Exception {
    Files.writeString(data.resolve("file"), "of the machine");
    desk.containers =
        new ContainerSettings(
            () -> List.of(shelf), () -> List.of(Path.of(data + ":ro")), ContainerSettings.PROGRAMS);
    desk.restartsAgent();
    TaskInfo.Builder reads = task("t1", "cat /in/file");
    reads.getContainerBuilder().addVolumes(volume(data.toString(), "/in", Volume.Mode.RO));
    desk.launches(reads);
    desk.until("t1", TaskState.TASK_FINISHED);
    assertThat(desk.stdout("t1")).isEqualTo("of the machine");

    TaskInfo.Builder writes = task("t2", "x");
    writes.getContainerBuilder().addVolumes(volume(data.toString(), "/in", Volume.Mode.RW));
    desk.launches(writes);
    TaskInfo.Builder literal = task("t3", "x");
    literal.getContainerBuilder().addVolumes(volume(data + ":ro", "/in", Volume.Mode.RW));
    desk.launches(literal);
    assertThat(refused("t3").getMessage()).contains("containers may not have " + data + ":ro of");
    assertThat(refused("t2").getMessage())
        .isEqualTo(
            "Failed to launch container: containers may only read %s of this machine: use the mode"
                    .formatted(data)
                + " RO");
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
  void containersOfDifferentUsersShareAVolumeAndOneMayOnlyRead() throws Exception {
    desk.tasks.take(
        SchedulerMessage.newBuilder()
            .setVolumes(
                AgentVolumes.newBuilder()
                    .addVolumes(AgentVolume.newBuilder().setRole("r").setId("v").setInstance("i")))
            .build());
    TaskInfo.Builder first =
        task("t1", "echo one >data/f1; while [ ! -e data/f2 ]; do sleep 0.02; done")
            .addResources(shared(Volume.Mode.RW));
    first.getCommandBuilder().setUser("nobody");
    desk.launches(first);
    desk.until("t1", TaskState.TASK_RUNNING);
    TaskInfo.Builder reads =
        task("t3", "while [ ! -e data/f1 ]; do sleep 0.02; done; cat data/f1; touch data/f3; id -G")
            .addResources(shared(Volume.Mode.RO));
    reads.getCommandBuilder().setUser("daemon");
    desk.launches(reads);
    desk.until("t3", TaskState.TASK_FINISHED);
    assertThat(desk.stdout("t3"))
        .isEqualTo("one\n1 %d\n".formatted(VolumeGroups.FIRST))
        .doesNotContain("f3");
    assertThat(Files.readString(desk.sandbox("t3").resolve("stderr")))
        .contains("data/f3: Read-only file system");
    TaskInfo.Builder second =
        task("t2", "cat data/f1; echo two >data/f2").addResources(shared(Volume.Mode.RW));
    second.getCommandBuilder().setUser("daemon");
    desk.launches(second);
    desk.until("t2", TaskState.TASK_FINISHED);
    desk.until("t1", TaskState.TASK_FINISHED);
    assertThat(desk.stdout("t2")).isEqualTo("one\n");
    nothingIsLeft();
  }

  private static Resource.Builder shared(Volume.Mode mode) {
    Resource.Builder disk = Resource.newBuilder().setName("disk").setType(Value.Type.SCALAR);
    disk.getScalarBuilder().setValue(10);
    disk.addReservationsBuilder().setType(Resource.ReservationInfo.Type.DYNAMIC).setRole("r");
    disk.getDiskBuilder().getPersistenceBuilder().setId("v");
    disk.getDiskBuilder().getVolumeBuilder().setContainerPath("data").setMode(mode);
    return disk.setShared(Resource.SharedInfo.getDefaultInstance());
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
}

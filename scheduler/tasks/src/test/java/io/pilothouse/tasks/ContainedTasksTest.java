package io.pilothouse.tasks;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.mesos.v1.CheckInfo;
import io.pilothouse.mesos.v1.CommandInfo;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.mesos.v1.TaskStatus.Reason;
import io.pilothouse.processes.Cgroups;
import io.pilothouse.processes.ProcFs;
import io.pilothouse.tasks.oci.BusyboxImage;
import io.pilothouse.tasks.oci.ContainerSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * How tasks live and end in containers, with the machine's own crun. Needs root, Debian's crun,
 * runc and busybox-static, and a kernel that lets root make name spaces; where one of them is
 * missing it fails.
 */
@Tag("system")
class ContainedTasksTest extends ContainedTests {
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
  void whatIsLeftOfOneWhoseEndIsWrittenDownGoesWithTheNextAgent() throws Exception {
    desk.launches(task("t1", "while [ ! -e go ]; do sleep 0.02; done"));
    desk.until("t1", TaskState.TASK_RUNNING);
    desk.acknowledges = false;
    Files.createFile(desk.sandbox("t1").resolve("go"));
    desk.until("t1", TaskState.TASK_FINISHED);
    String container = desk.sandbox("t1").getFileName().toString();
    desk.tasks.close();
    Path bundle = Files.createDirectories(bundles().resolve(container).resolve("upper"));

    desk.restartsAgent();

    assertThat(bundle).as("as if the agent had ended before it removed it").doesNotExist();
    assertThat(desk.remembered()).as("nobody has acknowledged it").isEqualTo(1);
    desk.acknowledges = true;
  }

  @Test
  void anAgentThatEndsWhileItPreparesIsFollowedByOneThatDoesItAnew() throws Exception {
    desk.launches(task("t1", "echo done"));
    desk.restartsAgent();
    desk.until("t1", TaskState.TASK_FINISHED);
    nothingIsLeft();
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
  void manyAtOnceShareTheImage() throws Exception {
    for (int i = 0; i < 8; i++) {
      desk.launches(task("t" + i, "echo " + i + " >>/etc/hello; cat /etc/hello"));
    }
    for (int i = 0; i < 8; i++) {
      desk.until("t" + i, TaskState.TASK_FINISHED);
      assertThat(desk.stdout("t" + i)).isEqualTo("from the image" + i + "\n");
    }
    nothingIsLeft();
    try (Stream<Path> list = Files.list(desk.disk.resolve("tasks/images/unpacked"))) {
      assertThat(list).hasSize(1);
    }
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

package io.pilothouse.tasks;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.AgentVolume;
import io.pilothouse.api.v1.AgentVolumes;
import io.pilothouse.api.v1.SchedulerMessage;
import io.pilothouse.filesync.DurableFiles;
import io.pilothouse.mesos.v1.AgentInfo;
import io.pilothouse.mesos.v1.CheckInfo;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.TaskInfo;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.mesos.v1.TaskStatus.Reason;
import io.pilothouse.mesos.v1.Value;
import io.pilothouse.watchdog.RunAs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/** Data that outlives tasks, on a real disk. */
@Timeout(120)
class VolumesTest {
  @TempDir private Path disk;
  private Desk desk;

  @BeforeEach
  void open() throws Exception {
    desk = new Desk(disk);
  }

  @AfterEach
  void close() throws Exception {
    desk.close();
  }

  private static AgentVolume volume(String role, String id, String instance) {
    return AgentVolume.newBuilder().setRole(role).setId(id).setInstance(instance).build();
  }

  private void hears(List<AgentVolume> volumes, AgentVolume... destroyed) throws IOException {
    desk.tasks.take(
        SchedulerMessage.newBuilder()
            .setVolumes(
                AgentVolumes.newBuilder()
                    .addAllVolumes(volumes)
                    .addAllDestroyed(List.of(destroyed)))
            .build());
  }

  private static TaskInfo.Builder using(
      String role, String id, String path, TaskInfo.Builder task) {
    Resource.Builder resource = Resource.newBuilder().setName("disk").setType(Value.Type.SCALAR);
    resource.getScalarBuilder().setValue(10);
    resource.addReservationsBuilder().setType(Resource.ReservationInfo.Type.DYNAMIC).setRole(role);
    resource.getDiskBuilder().getPersistenceBuilder().setId(id);
    resource
        .getDiskBuilder()
        .getVolumeBuilder()
        .setContainerPath(path)
        .setMode(io.pilothouse.mesos.v1.Volume.Mode.RW);
    return task.addResources(resource);
  }

  private static TaskInfo.Builder sharing(String id, String path, TaskInfo.Builder task) {
    using("a", id, path, task);
    int last = task.getResourcesCount() - 1;
    task.getResourcesBuilder(last).setShared(Resource.SharedInfo.getDefaultInstance());
    return task;
  }

  private Path directory(AgentVolume volume) {
    return new Volumes(new TaskDisk(disk.resolve("tasks"))).directory(volume);
  }

  private String runs(String id, TaskInfo.Builder task) throws Exception {
    desk.launches(task);
    desk.until(id, TaskState.TASK_FINISHED);
    return desk.stdout(id);
  }

  private TaskStatus fails(String id, TaskInfo.Builder task) throws Exception {
    desk.launches(task);
    TaskStatus status = desk.until(id, TaskState.TASK_FAILED);
    assertThat(status.getReason()).isEqualTo(Reason.REASON_CONTAINER_LAUNCH_FAILED);
    return status;
  }

  @Test
  void aTaskFindsWhatTheOneBeforeItWroteAfterARestartOfTheAgentToo() throws Exception {
    AgentVolume volume = volume("eng/db", "v 1", "m-V1");
    hears(List.of(volume));
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory(volume))))
        .as("nobody else's")
        .isEqualTo("rwx------");
    runs("t1", using("eng/db", "v 1", "data", Desk.task("t1", "echo kept > data/file")));

    desk.restartsAgent();

    assertThat(runs("t2", using("eng/db", "v 1", "in/here", Desk.task("t2", "cat in/here/file"))))
        .isEqualTo("kept\n");
    hears(List.of(volume));
    assertThat(directory(volume).resolve("file")).hasContent("kept\n");
    assertThat(
            desk.tasks
                .register(AgentInfo.newBuilder().setHostname("web-01").build(), "b", "v")
                .getVolumesList())
        .containsExactly(volume);
  }

  @Test
  void aTaskOnAVolumeThatIsNotThereFailsAndSaysSo() throws Exception {
    hears(List.of(volume("a", "v", "1")));

    assertThat(fails("t1", using("b", "v", "data", Desk.task("t1", "true"))).getMessage())
        .as("of another role")
        .isEqualTo(
            "Failed to launch container: the persistent volume 'v' of role b is not on this"
                + " machine");
    DurableFiles.deleteTree(directory(volume("a", "v", "1")));
    hears(List.of(volume("a", "v", "1"), volume("a", "w", "2")));
    assertThat(fails("t2", using("a", "v", "data", Desk.task("t2", "true"))).getMessage())
        .as("an empty one in its place would be a loss that nobody sees")
        .startsWith(
            "Failed to launch container: the data of the persistent volume 'v' of role a is gone"
                + " from this machine: ")
        .endsWith("is no directory; DESTROY the volume and CREATE it anew");
  }

  @Test
  void severalTasksWriteToASharedVolumeAtOnceAndTheNextAgentKnows() throws Exception {
    AgentVolume volume = volume("a", "v", "1");
    hears(List.of(volume));
    String line = "echo %s > data/%s; while [ ! -e data/go ]; do sleep 0.02; done; ls data";
    desk.launches(sharing("v", "data", Desk.task("t1", line.formatted("one", "f1"))));
    desk.launches(sharing("v", "data", Desk.task("t2", line.formatted("two", "f2"))));
    desk.await(() -> Files.exists(directory(volume).resolve("f1")));
    desk.await(() -> Files.exists(directory(volume).resolve("f2")));

    desk.restartsAgent();
    hears(List.of(), volume); // destroyed, and in use by two
    desk.round();
    Files.createFile(directory(volume).resolve("go"));

    desk.until("t1", TaskState.TASK_FINISHED);
    desk.until("t2", TaskState.TASK_FINISHED);
    assertThat(desk.stdout("t1")).isEqualTo("f1\nf2\ngo\n");
    assertThat(desk.stdout("t2")).isEqualTo("f1\nf2\ngo\n");
    desk.await(() -> desk.remembered() == 0);
    hears(List.of());
    desk.await(() -> !Files.exists(directory(volume)));
  }

  @Test
  @EnabledIf("isRoot")
  void tasksOfDifferentUsersShareAVolumeAndOthersStayOut() throws Exception {
    AgentVolume volume = volume("a", "v", "1");
    hears(List.of(volume, volume("a", "w", "2")));
    runs("t1", as("daemon", sharing("v", "data", Desk.task("t1", "echo one > data/f1"))));
    assertThat(
            runs(
                "t2",
                as(
                    "nobody",
                    sharing("v", "d", Desk.task("t2", "cat d/f1; id -u; echo two > d/f2")))))
        .startsWith("one\n");
    assertThat(runs("t3", as("daemon", sharing("v", "data", Desk.task("t3", "cat data/f2")))))
        .isEqualTo("two\n");
    String at = directory(volume).toString();
    assertThat(
            runs(
                "t4", as("nobody", sharing("w", "d", Desk.task("t4", "ls " + at + " || echo no")))))
        .as("a task on another one")
        .isEqualTo("no\n");
    assertThat(runs("t5", as("nobody", Desk.task("t5", "ls " + at + " || echo no"))))
        .isEqualTo("no\n");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory(volume))))
        .isEqualTo("rwxrwx---");
  }

  @Test
  @EnabledIf("isRoot")
  void aGroupIsNotTakenFromTheDirectoryAndGivenTwiceToNobody() throws Exception {
    AgentVolume first = volume("a", "v", "1");
    AgentVolume second = volume("a", "w", "2");
    hears(List.of(first, second));
    runs("t1", as("nobody", sharing("v", "d", Desk.task("t1", "true"))));
    runs("t2", as("nobody", sharing("w", "d", Desk.task("t2", "true"))));
    assertThat(group(directory(second))).isEqualTo(group(directory(first)) + 1);
    int own = group(directory(first));
    // as root of a container may
    Files.setAttribute(directory(first), "unix:gid", group(directory(second)));
    assertThat(runs("t3", as("nobody", sharing("v", "d", Desk.task("t3", "id -G")))))
        .endsWith(" " + own + "\n");
    assertThat(group(directory(first))).as("its own again").isEqualTo(own);

    AgentVolume third = volume("a", "x", "3");
    hears(List.of(first, third), second);
    desk.await(() -> !Files.exists(directory(second)));
    assertThat(VolumeGroups.file(directory(second))).doesNotExist();
    runs("t4", as("nobody", sharing("x", "d", Desk.task("t4", "true"))));
    assertThat(group(directory(third))).as("nobody had it before").isEqualTo(own + 2);
  }

  private static int group(Path directory) throws IOException {
    return (Integer) Files.getAttribute(directory, "unix:gid");
  }

  @Test
  @EnabledIf("isRoot")
  void whatLooksAtATaskSeesItsSharedVolume() throws Exception {
    hears(List.of(volume("a", "v", "1")));
    TaskInfo.Builder task =
        as(
            "nobody",
            sharing("v", "d", Desk.task("t1", "touch d/up; while :; do sleep 0.02; done")));
    task.getCheckBuilder()
        .setType(CheckInfo.Type.COMMAND)
        .setDelaySeconds(0)
        .setIntervalSeconds(0.1)
        .getCommandBuilder()
        .getCommandBuilder()
        .setValue("test -e d/up && exit 5");
    desk.launches(task);
    desk.await(
        () ->
            desk.heard.stream()
                .anyMatch(each -> each.getCheckStatus().getCommand().getExitCode() == 5));
  }

  static boolean isRoot() {
    return RunAs.isRoot();
  }

  /** Sandboxes of tests are below a directory that is its maker's alone. */
  private TaskInfo.Builder as(String user, TaskInfo.Builder task) throws IOException {
    for (Path at = disk; !at.equals(at.getRoot()); at = at.getParent()) {
      if (!Files.getPosixFilePermissions(at).contains(PosixFilePermission.OTHERS_EXECUTE)) {
        Files.setPosixFilePermissions(at, PosixFilePermissions.fromString("rwxr-xr-x"));
      }
    }
    task.getCommandBuilder().setUser(user);
    return task;
  }

  @Test
  void aContainerPathThatLeadsThroughALinkIsRefused() throws Exception {
    hears(List.of(volume("a", "v", "1"), volume("a", "w", "2")));
    TaskInfo.Builder both =
        using("a", "w", "data/z/w", using("a", "v", "data", Desk.task("in", "true")));
    assertThat(fails("in", both).getMessage())
        .contains(
            "the container path 'data/z/w' of a volume leads through 'data', which is no"
                + " directory");
  }

  @Test
  void aContainerPathStaysInTheSandbox() throws Exception {
    hears(List.of(volume("a", "v", "1")));

    int number = 0;
    for (String path : List.of("../x", "a/../../x", "/etc/x", "", ".")) {
      String id = "t" + number++;
      assertThat(fails(id, using("a", "v", path, Desk.task(id, "true"))).getMessage())
          .contains("the container path '" + path + "' of a volume leaves the sandbox");
    }
    assertThat(fails("out", using("a", "v", "stdout", Desk.task("out", "true"))).getMessage())
        .contains("the container path 'stdout' of a volume is taken already");
  }

  @Test
  void oneThatIsMadeAnewHoldsNothingOfTheFirst() throws Exception {
    AgentVolume first = volume("a", "v", "1");
    AgentVolume second = volume("a", "v", "2");
    hears(List.of(first));
    runs("t1", using("a", "v", "data", Desk.task("t1", "touch data/secret")));

    hears(List.of(second), first);

    assertThat(runs("t2", using("a", "v", "data", Desk.task("t2", "ls data")))).isEmpty();
    desk.await(() -> !Files.exists(directory(first)));
  }

  @Test
  void oneThatIsDestroyedGoesWhenNothingUsesItAnyMore() throws Exception {
    AgentVolume volume = volume("a", "v", "1");
    hears(List.of(volume));
    desk.launches(
        using(
            "a",
            "v",
            "data",
            Desk.task("t1", "echo on > data/file; while [ ! -e go ]; do sleep 0.05; done")));
    desk.until("t1", TaskState.TASK_RUNNING);
    desk.await(() -> Files.exists(directory(volume).resolve("file")));

    hears(List.of(), volume);
    desk.round();
    assertThat(directory(volume).resolve("file")).as("it is in use").exists();
    assertThat(fails("t2", using("a", "v", "data", Desk.task("t2", "true"))).getMessage())
        .contains("is not on this machine");

    Files.createFile(desk.sandbox("t1").resolve("go"));
    desk.until("t1", TaskState.TASK_FINISHED);
    desk.await(() -> desk.remembered() == 0);
    hears(List.of());
    desk.await(() -> !Files.exists(directory(volume)));
  }

  @Test
  void oneThatTheSchedulerHasForgottenIsKeptForAWeek() throws Exception {
    AgentVolume volume = volume("a", "v", "1");
    hears(List.of(volume));
    Volumes volumes = new Volumes(new TaskDisk(disk.resolve("tasks")));
    Instant now = Instant.now();
    volumes.collect(now.plus(Duration.ofDays(100)));
    assertThat(directory(volume)).as("it is listed").exists();

    hears(List.of());
    volumes.collect(now);
    volumes.collect(now.plus(Duration.ofDays(6)));
    assertThat(directory(volume)).exists();
    hears(List.of(volume)); // it is remembered again: its time begins anew
    hears(List.of());
    volumes.collect(now.plus(Duration.ofDays(6)));
    volumes.collect(now.plus(Duration.ofDays(12)));
    assertThat(directory(volume)).exists();
    volumes.collect(now.plus(Duration.ofDays(14)));
    assertThat(directory(volume)).doesNotExist();
  }

  @Test
  void aSandboxThatIsRemovedLeavesTheVolume() throws Exception {
    AgentVolume volume = volume("a", "v", "1");
    hears(List.of(volume));
    runs("t1", using("a", "v", "data", Desk.task("t1", "touch data/file")));
    Path sandbox = desk.sandbox("t1");
    Files.setLastModifiedTime(sandbox, FileTime.from(Instant.EPOCH));

    Sandboxes.usual(new TaskDisk(disk.resolve("tasks"))).collect(Set.of(), Instant.now());

    assertThat(sandbox).doesNotExist();
    assertThat(directory(volume).resolve("file")).exists();
  }

  @Test
  void withTheLastOfARoleItsDirectoriesGo() throws Exception {
    AgentVolume first = volume("a", "v", "1");
    AgentVolume second = volume("a", "w", "2");
    hears(List.of(first, second));
    Path mark = directory(first).resolveSibling("0.gone");
    Files.writeString(mark, "destroyed"); // an agent ended before it removed this one, too
    Volumes volumes = new Volumes(new TaskDisk(disk.resolve("tasks")));

    hears(List.of(second), first);
    volumes.collect(Instant.now());
    assertThat(directory(first).getParent()).doesNotExist();
    assertThat(directory(second)).exists();

    hears(List.of(), second);
    volumes.collect(Instant.now());
    assertThat(directory(second).getParent().getParent()).doesNotExist();
    hears(List.of(first));
    assertThat(directory(first)).isEmptyDirectory();
  }

  @Test
  void tasksThatAreForgottenMeanwhileDisturbNothing() throws Exception {
    AgentVolume volume = volume("a", "v", "1");
    hears(List.of(volume));
    hears(List.of(), volume);
    TaskDisk tasks = new TaskDisk(disk.resolve("tasks"));
    Path stays = Files.createDirectories(tasks.meta("stays"));
    Files.writeString(stays.resolve("volumes"), directory(volume).toString());
    Volumes volumes = new Volumes(tasks);
    AtomicBoolean over = new AtomicBoolean();
    Thread forgets =
        Thread.ofPlatform()
            .start(
                () -> {
                  Path gone = tasks.meta("goes");
                  try {
                    while (!over.get()) {
                      Files.createDirectory(gone);
                      Files.writeString(gone.resolve("volumes"), "/elsewhere");
                      DurableFiles.deleteTree(gone);
                    }
                  } catch (IOException e) {
                    throw new UncheckedIOException(e);
                  }
                });
    try {
      for (int i = 0; i < 3_000; i++) {
        volumes.collect(Instant.now());
      }
    } finally {
      over.set(true);
      forgets.join();
    }
    assertThat(directory(volume)).as("it is in use").exists();
  }

  @Test
  void oneThatIsListedAgainIsNotRemovedMeanwhile() throws Exception {
    AgentVolume volume = volume("a", "v", "1");
    Volumes volumes = new Volumes(new TaskDisk(disk.resolve("tasks")));
    AtomicBoolean over = new AtomicBoolean();
    Thread collects =
        Thread.ofPlatform()
            .start(
                () -> {
                  try {
                    while (!over.get()) {
                      volumes.collect(Instant.now());
                    }
                  } catch (IOException e) {
                    throw new UncheckedIOException(e);
                  }
                });
    AgentVolumes listed = AgentVolumes.newBuilder().addVolumes(volume).build();
    try {
      for (int i = 0; i < 300; i++) {
        volumes.hear(listed);
        assertThat(directory(volume)).exists();
        volumes.hear(AgentVolumes.newBuilder().addDestroyed(volume).build());
      }
    } finally {
      over.set(true);
      collects.join();
    }
  }
}

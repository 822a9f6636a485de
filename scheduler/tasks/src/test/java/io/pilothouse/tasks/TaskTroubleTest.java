package io.pilothouse.tasks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.api.v1.AgentLaunch;
import io.pilothouse.api.v1.SchedulerMessage;
import io.pilothouse.mesos.v1.Environment;
import io.pilothouse.mesos.v1.TaskInfo;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.mesos.v1.TaskStatus.Reason;
import io.pilothouse.processes.ProcFs;
import io.pilothouse.watchdog.RunAs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tasks where something goes wrong: nothing else is hurt, and what is told is so. */
class TaskTroubleTest {
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

  @Test
  void whoeverHasATasksPidAfterARebootIsLeftAlone() throws Exception {
    Process stranger = new ProcessBuilder("setsid", "sleep", "60").start();
    try {
      desk.await(() -> ProcFs.stat(stranger.pid()).orElseThrow().session() == stranger.pid());
      long ticks = ProcFs.startTicks(stranger.pid()).orElseThrow();
      List<String> written =
          List.of(
              Long.toString(stranger.pid()),
              "%d %d %s".formatted(stranger.pid(), ticks - 1, ProcFs.bootId()),
              "%d %d %s".formatted(stranger.pid(), ticks, "another-boot"),
              "%d %d".formatted(stranger.pid(), ticks));
      for (int i = 0; i < written.size(); i++) {
        String id = "t" + i;
        desk.launches(id, "sleep 60");
        desk.until(id, TaskState.TASK_RUNNING);
        Path meta = meta();
        desk.await(() -> Files.exists(meta.resolve("pid")));
        powerIsLost(meta);
        Files.writeString(meta.resolve("pid"), written.get(i));

        desk.restartsAgent();
        desk.until(id, TaskState.TASK_FAILED);

        assertThat(stranger.isAlive()).as(written.get(i)).isTrue();
        desk.await(() -> desk.remembered() == 0);
      }
    } finally {
      stranger.destroyForcibly().waitFor();
    }
  }

  /** Nothing of the task runs any more, and nobody saw how it ended. */
  private void powerIsLost(Path meta) throws Exception {
    long keeper = Keeper.of(meta).orElseThrow().pid();
    long task = Keeper.task(meta).orElseThrow();
    ProcessHandle.of(keeper).ifPresent(ProcessHandle::destroyForcibly);
    ProcessHandle.of(task).ifPresent(ProcessHandle::destroyForcibly);
    long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (ProcFs.stat(keeper).isPresent() || ProcFs.stat(task).isPresent()) {
      assertThat(System.nanoTime() - end).isNegative();
      Thread.onSpinWait();
    }
  }

  /** What the agent knows of the only task. */
  private Path meta() throws IOException {
    try (Stream<Path> all = Files.list(disk.resolve("tasks/meta"))) {
      return all.findFirst().orElseThrow();
    }
  }

  @Test
  void anEndThatCannotBeWrittenDownIsToldLaterAndHoldsUpNoOther() throws Exception {
    desk.launches("t1", "while [ ! -e go ]; do sleep 0.01; done; exit 7");
    desk.until("t1", TaskState.TASK_RUNNING);
    Path updates = meta().resolve("updates");
    Path aside = disk.resolve("aside");
    Files.move(updates, aside);
    Files.createFile(updates);
    Files.createFile(desk.sandbox("t1").resolve("go"));
    desk.launches("t2", "exit 0");

    desk.until("t2", TaskState.TASK_FINISHED);
    Files.delete(updates);
    Files.move(aside, updates);

    assertThat(desk.until("t1", TaskState.TASK_FAILED).getMessage())
        .isEqualTo("Command exited with status 7");
  }

  @Test
  void aLaunchThatCannotBeWrittenDownIsNotTakenOn() throws Exception {
    Path meta = disk.resolve("tasks/meta");
    Files.delete(meta);
    Files.createFile(meta);

    assertThatThrownBy(() -> desk.launches("t1", "exit 0")).isInstanceOf(IOException.class);

    assertThat(desk.remembered()).isZero();
    Files.delete(meta);
    Files.createDirectory(meta);
    desk.launches("t1", "exit 0");
    desk.until("t1", TaskState.TASK_FINISHED);
  }

  @Test
  void whatNoProgramCanBeGivenIsRefusedInWords() throws Exception {
    desk.launches(withVariable("t1", "GREETING", "a\0b"));
    desk.launches("t2", "echo a\0b");

    TaskStatus refused = desk.until("t1", TaskState.TASK_FAILED);
    assertThat(refused.getReason()).isEqualTo(Reason.REASON_CONTAINER_LAUNCH_FAILED);
    assertThat(refused.getMessage())
        .isEqualTo(
            "Failed to launch container: the variable GREETING has a NUL character, which no"
                + " program can be given");
    assertThat(desk.until("t2", TaskState.TASK_FAILED).getMessage()).contains("the command has a");
  }

  @Test
  void aTaskCannotHideFromWhatEndsTheFleet() throws Exception {
    desk.launches(withVariable("t1", "PILOT_HOME", "/elsewhere"));

    assertThat(desk.until("t1", TaskState.TASK_FAILED).getMessage())
        .contains("the variable PILOT_HOME is the machine's own");
  }

  private static TaskInfo.Builder withVariable(String id, String name, String value) {
    TaskInfo.Builder task = Desk.task(id, "echo hi >mine");
    task.getCommandBuilder()
        .setEnvironment(
            Environment.newBuilder()
                .addVariables(Environment.Variable.newBuilder().setName(name).setValue(value)));
    return task;
  }

  @Test
  void aTaskThatAnAgentStartedRightBeforeItDiedIsEndedAndLost() throws Exception {
    desk.launches("t1", "sleep 60");
    desk.until("t1", TaskState.TASK_RUNNING);
    Path meta = meta();
    desk.await(() -> Files.exists(meta.resolve("pid")));
    long task = Keeper.task(meta).orElseThrow();
    Files.delete(meta.resolve("keeper"));

    desk.restartsAgent();

    assertThat(desk.until("t1", TaskState.TASK_LOST).getReason())
        .isEqualTo(Reason.REASON_AGENT_RESTARTED);
    assertThat(ProcFs.startTicks(task)).isEmpty();
  }

  @Test
  void aSecondKillCanBeSooner() throws Exception {
    desk.launches("t1", "trap '' TERM; echo up; while :; do sleep 0.01; done");
    desk.until("t1", TaskState.TASK_RUNNING);
    desk.await(() -> isUp("t1"));

    desk.kills("t1", Duration.ofHours(1));
    desk.kills("t1", Duration.ofMillis(50));

    assertThat(desk.until("t1", TaskState.TASK_KILLED).getMessage())
        .isEqualTo("Command terminated with signal Killed");
  }

  private boolean isUp(String id) {
    try {
      return desk.stdout(id).equals("up\n");
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void aKillIsDoneWhereTheKeeperCouldNotWriteDownWhichProcessItIs() throws Exception {
    desk.launches("t1", "exec sleep 60");
    desk.until("t1", TaskState.TASK_RUNNING);
    Path pid = meta().resolve("pid");
    desk.await(() -> Files.exists(pid));
    Files.writeString(pid, "");

    desk.kills("t1", Duration.ofSeconds(10));

    assertThat(desk.until("t1", TaskState.TASK_KILLED).getMessage())
        .isEqualTo("Command terminated with signal Terminated");
  }

  @Test
  void anIdThatIsFreeAgainCanBeLaunchedAtOnce() throws Exception {
    desk.launches("t1", "exit 3");
    desk.until("t1", TaskState.TASK_FAILED);

    desk.launches("t1", "exit 0");

    desk.until("t1", TaskState.TASK_FINISHED);
  }

  @Test
  void aLaunchOfATaskThatRunsIsAnswered() throws Exception {
    desk.launches("t1", "sleep 60");
    desk.until("t1", TaskState.TASK_RUNNING);
    desk.heard.clear();

    desk.launches("t1", "sleep 60");

    assertThat(desk.until("t1", TaskState.TASK_RUNNING).getMessage())
        .isEqualTo("The task was launched before");
  }

  @Test
  void aStreamThatWasGivenUpIsNotObeyed() throws Exception {
    Object before = new Object();
    Object now = new Object();
    SchedulerMessage launch =
        SchedulerMessage.newBuilder()
            .setToken(7)
            .setLaunch(
                AgentLaunch.newBuilder()
                    .setFramework(Desk.framework())
                    .addTasks(Desk.task("t1", "exit 0")))
            .build();
    desk.tasks.follow(before);
    desk.tasks.follow(now);

    assertThat(desk.tasks.take(before, launch)).isEqualTo(Tasks.Answer.GIVEN_UP);
    assertThat(desk.remembered()).isZero();

    assertThat(desk.tasks.take(now, launch)).isEqualTo(Tasks.Answer.OBEYED);
    assertThat(desk.remembered()).isEqualTo(1);
    desk.until("t1", TaskState.TASK_FINISHED);
    desk.tasks.disconnected();
    assertThat(desk.tasks.take(now, launch)).isEqualTo(Tasks.Answer.GIVEN_UP);
  }

  @Test
  @Tag("system")
  void nothingOfATaskWithAnotherUserRunsAsRoot() throws Exception {
    assertThat(RunAs.isRoot()).as("run by root, who alone can become another").isTrue();
    TaskInfo.Builder task = withVariable("t1", "PATH", "/nonexistent");
    task.getCommandBuilder().setUser("nobody");
    desk.launches(task);

    desk.until("t1", TaskState.TASK_FINISHED);

    Path sandbox = desk.sandbox("t1");
    for (String each : List.of("", "mine", "stdout", "stderr")) {
      assertThat(Files.getOwner(sandbox.resolve(each)).getName()).as(each).isEqualTo("nobody");
    }
    assertThat(Files.readString(sandbox.resolve("stderr"))).isEmpty();
  }
}

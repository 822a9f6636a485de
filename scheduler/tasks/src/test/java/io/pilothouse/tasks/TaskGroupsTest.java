package io.pilothouse.tasks;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.mesos.MediaType;
import io.pilothouse.mesos.v1.AgentInfo;
import io.pilothouse.mesos.v1.ContainerInfo;
import io.pilothouse.mesos.v1.ExecutorInfo;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.TaskInfo;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.mesos.v1.Value;
import io.pilothouse.mesos.v1.executor.Event;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tasks that live and die together, with real processes. */
class TaskGroupsTest {
  private static final String ENDLESS = "echo up; while :; do sleep 0.02; done";

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

  private static ExecutorInfo.Builder builtIn() {
    return Desk.executor("g").clearCommand().setType(ExecutorInfo.Type.DEFAULT);
  }

  private void launches(TaskInfo.Builder... tasks) throws IOException {
    desk.launchesGroup(builtIn(), tasks);
  }

  private boolean isOver() {
    return desk.said.stream()
        .anyMatch(each -> each.getExecutorEnded().getExecutorId().getValue().equals("g"));
  }

  private int containers() throws IOException {
    try (Stream<Path> all = Files.list(desk.sandbox("g").resolve("containers"))) {
      return (int) all.filter(each -> !Files.isSymbolicLink(each)).count();
    }
  }

  private Path sandbox(String task) throws IOException {
    return desk.sandbox("g").resolve("tasks").resolve(task).toRealPath();
  }

  @Test
  void allOfAGroupRunInTheSandboxOfTheirExecutorWhichEndsWithTheLast() throws Exception {
    launches(
        Desk.task("a", "pwd; echo $MESOS_EXECUTOR_ID $MESOS_TASK_ID"),
        Desk.task("b", "echo b; while [ ! -e go ]; do sleep 0.02; done"));

    TaskStatus end = desk.until("a", TaskState.TASK_FINISHED);
    assertThat(end.getExecutorId().getValue()).isEqualTo("g");
    desk.until("b", TaskState.TASK_RUNNING);
    assertThat(containers()).isEqualTo(2);
    assertThat(Files.readString(sandbox("a").resolve("stdout")))
        .isEqualTo(sandbox("a") + "\ng a\n");
    var registers = desk.tasks.register(AgentInfo.newBuilder().setHostname("m").build(), "b", "v");
    assertThat(registers.getExecutors(0).getExecutor().getExecutorId().getValue()).isEqualTo("g");
    assertThat(registers.getTasksList())
        .allMatch(each -> each.getTask().getExecutor().getExecutorId().getValue().equals("g"));
    assertThat(isOver()).isFalse();
    Files.createFile(sandbox("b").resolve("go"));

    desk.until("b", TaskState.TASK_FINISHED);
    desk.await(this::isOver);
    assertThat(disk.resolve("tasks/executors")).isEmptyDirectory();
  }

  @Test
  void oneThatFailsTakesTheOthersAlong() throws Exception {
    launches(Desk.task("a", ENDLESS), Desk.task("b", "sleep 0.1; exit 3"), Desk.task("c", ENDLESS));

    desk.until("b", TaskState.TASK_FAILED);
    for (String each : List.of("a", "c")) {
      assertThat(desk.until(each, TaskState.TASK_KILLED).getMessage())
          .startsWith("Task 'b' of its group ended as TASK_FAILED: ");
    }
    desk.await(this::isOver);
  }

  @Test
  void oneThatIsKilledTakesItsOwnGroupAlongAndNoOther() throws Exception {
    launches(Desk.task("a", ENDLESS), Desk.task("b", ENDLESS));
    launches(Desk.task("c", ENDLESS));
    for (String each : List.of("a", "b", "c")) {
      desk.until(each, TaskState.TASK_RUNNING);
    }

    desk.kills("a", Duration.ofSeconds(5));

    desk.until("a", TaskState.TASK_KILLED);
    desk.until("b", TaskState.TASK_KILLED);
    assertThat(desk.states()).doesNotContain("c KILLED");
    assertThat(isOver()).isFalse();
    desk.shutsDownExecutor("g");
    assertThat(desk.until("c", TaskState.TASK_KILLED).getMessage())
        .startsWith("Its executor was shut down: ");
    desk.await(this::isOver);
  }

  @Test
  void oneThatCannotBeStartedIsTheEndOfAll() throws Exception {
    TaskInfo.Builder wrong = Desk.task("b", "true");
    wrong.getCommandBuilder().setUser("no-such-user");
    launches(Desk.task("a", ENDLESS), wrong);

    desk.until("b", TaskState.TASK_FAILED);
    desk.until("a", TaskState.TASK_KILLED);
    desk.await(this::isOver);
  }

  @Test
  void whatOneAsksForInVainAllAreRefused() throws Exception {
    launches(
        Desk.task("a", ENDLESS),
        Desk.task("b", "true")
            .setContainer(
                ContainerInfo.newBuilder().setType(ContainerInfo.Type.MESOS).setHostname("a b")));

    for (String each : List.of("a", "b")) {
      assertThat(desk.until(each, TaskState.TASK_FAILED).getMessage())
          .startsWith("Failed to launch container: ContainerInfo.hostname (a b) is not served");
    }
    assertThat(disk.resolve("tasks/executors")).doesNotExist();
  }

  @Test
  void aVolumeThatNothingWouldFindIsRefused() throws Exception {
    Resource.Builder volume = Resource.newBuilder().setName("disk").setType(Value.Type.SCALAR);
    volume.getScalarBuilder().setValue(10);
    volume.getDiskBuilder().getPersistenceBuilder().setId("v");
    desk.launchesGroup(builtIn().addResources(volume), Desk.task("a", ENDLESS));

    TaskStatus end = desk.until("a", TaskState.TASK_FAILED);
    assertThat(end.getReason()).isEqualTo(TaskStatus.Reason.REASON_CONTAINER_LAUNCH_FAILED);
    assertThat(end.getMessage())
        .isEqualTo(
            "Failed to launch container: this agent does not support persistent volumes of the"
                + " built-in executor (have its tasks use them) yet");
    assertThat(desk.states()).doesNotContain("a RUNNING");
  }

  @Test
  void aGroupOutlivesTheAgentAndStillEndsTogether() throws Exception {
    launches(
        Desk.task("a", ENDLESS), Desk.task("b", "while [ ! -e go ]; do sleep 0.02; done; exit 1"));
    desk.until("a", TaskState.TASK_RUNNING);
    desk.until("b", TaskState.TASK_RUNNING);

    desk.restartsAgent();
    Files.createFile(sandbox("b").resolve("go"));

    desk.until("b", TaskState.TASK_FAILED);
    desk.until("a", TaskState.TASK_KILLED);
    desk.await(this::isOver);
    assertThat(desk.states().stream().filter("a RUNNING"::equals)).hasSize(1);
  }

  @Test
  void aGroupOfAFrameworksOwnExecutorGoesToItAsOne() throws Exception {
    desk.launchesGroup(Desk.executor("e"), Desk.task("a", "x"), Desk.task("b", "y"));
    try (PlayedExecutor executor = PlayedExecutor.of(desk, "e", MediaType.JSON)) {
      executor.subscribes();
      executor.hears(Event.Type.SUBSCRIBED);
      var group = executor.hears(Event.Type.LAUNCH_GROUP).getLaunchGroup().getTaskGroup();
      assertThat(group.getTasksList())
          .extracting(each -> each.getTaskId().getValue())
          .containsExactly("a", "b");
      executor.tells("a", TaskState.TASK_FINISHED);
      executor.tells("b", TaskState.TASK_FINISHED);
      desk.until("a", TaskState.TASK_FINISHED);
      desk.until("b", TaskState.TASK_FINISHED);
    }
  }

  @Test
  void oneOfAGroupThatIsKilledBeforeItsExecutorIsThereTakesAllAlong() throws Exception {
    desk.launchesGroup(Desk.executor("e"), Desk.task("a", "x"), Desk.task("b", "y"));
    desk.kills("a", Duration.ofSeconds(1));

    desk.until("a", TaskState.TASK_KILLED);
    desk.until("b", TaskState.TASK_KILLED);
  }
}

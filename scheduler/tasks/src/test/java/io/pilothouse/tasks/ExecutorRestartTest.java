package io.pilothouse.tasks;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.pilothouse.mesos.MediaType;
import io.pilothouse.mesos.v1.AgentInfo;
import io.pilothouse.mesos.v1.FrameworkInfo.Capability;
import io.pilothouse.mesos.v1.TaskInfo;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.mesos.v1.TaskStatus.Reason;
import io.pilothouse.mesos.v1.executor.Call;
import io.pilothouse.mesos.v1.executor.Event;
import io.pilothouse.processes.ProcFs;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The agent ends and the next one comes, or the connection breaks: executors go on. */
class ExecutorRestartTest {
  private static final Duration SOON = Duration.ofMillis(200);
  private static final Duration HOUR = Duration.ofHours(1);

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

  private PlayedExecutor launched(String task) throws Exception {
    desk.launches(Desk.inExecutor(task, "e"));
    PlayedExecutor executor = PlayedExecutor.of(desk, "e", MediaType.PROTOBUF);
    executor.subscribes();
    executor.hears(Event.Type.SUBSCRIBED);
    executor.hears(Event.Type.LAUNCH);
    return executor;
  }

  private static Call.Subscribe.Builder with(TaskInfo.Builder task) {
    return Call.Subscribe.newBuilder().addUnacknowledgedTasks(task);
  }

  private static Call.Subscribe.Builder with(TaskStatus.Builder status) {
    return Call.Subscribe.newBuilder()
        .addUnacknowledgedUpdates(Call.Update.newBuilder().setStatus(status));
  }

  /** What the agent knows of the only executor. */
  private Path meta() throws IOException {
    try (Stream<Path> all = Files.list(disk.resolve("tasks/executors"))) {
      return all.findFirst().orElseThrow();
    }
  }

  @Test
  void anExecutorComesBackWithWhatWasNotAcknowledgedAndNothingIsToldTwice() throws Exception {
    try (PlayedExecutor executor = launched("t1")) {
      ByteString running = executor.tells("t1", TaskState.TASK_RUNNING);
      desk.until("t1", TaskState.TASK_RUNNING);
      executor.hears(Event.Type.ACKNOWLEDGED);

      desk.restartsAgent();
      executor.hears(Event.Type.UNKNOWN); // the stream's end
      assertThat(
              desk.tasks
                  .register(AgentInfo.newBuilder().setHostname("web-01").build(), "b", "v")
                  .getExecutors(0)
                  .getExecutor()
                  .getExecutorId()
                  .getValue())
          .isEqualTo("e");
      TaskStatus.Builder finished = executor.status("t1", TaskState.TASK_FINISHED);
      // as if it had not heard the acknowledgement
      executor.subscribes(
          with(finished)
              .addUnacknowledgedUpdates(
                  Call.Update.newBuilder()
                      .setStatus(executor.status("t1", TaskState.TASK_RUNNING).setUuid(running))));
      executor.hears(Event.Type.SUBSCRIBED);

      desk.until("t1", TaskState.TASK_FINISHED);
      executor.hears(Event.Type.ACKNOWLEDGED);
      executor.hears(Event.Type.ACKNOWLEDGED);
      assertThat(desk.states()).containsExactly("t1 RUNNING", "t1 FINISHED");
      executor.exits(0);
      desk.await(() -> !desk.said.isEmpty());
    }
  }

  @Test
  void aTaskThatItHasIsNotLaunchedAgainAndOneThatItNeverGotIs() throws Exception {
    try (PlayedExecutor executor = launched("t1")) {
      desk.restartsAgent();
      executor.hears(Event.Type.UNKNOWN);
      desk.launches(Desk.inExecutor("t2", "e"));
      executor.subscribes(with(Desk.inExecutor("t1", "e")));

      executor.hears(Event.Type.SUBSCRIBED);
      assertThat(executor.hears(Event.Type.LAUNCH).getLaunch().getTask().getTaskId().getValue())
          .isEqualTo("t2");
      executor.tells("t1", TaskState.TASK_FINISHED);
      desk.until("t1", TaskState.TASK_FINISHED);
    }
  }

  @Test
  void aTaskWhoseLaunchWasLostOnTheWayIsToldToBe() throws Exception {
    desk.launches(
        Desk.framework()
            .addCapabilities(Capability.newBuilder().setType(Capability.Type.PARTITION_AWARE)),
        Desk.inExecutor("t1", "e"));
    try (PlayedExecutor executor = PlayedExecutor.of(desk, "e", MediaType.JSON)) {
      executor.subscribes();
      executor.hears(Event.Type.SUBSCRIBED);
      executor.hears(Event.Type.LAUNCH);
      desk.restartsAgent();
      executor.hears(Event.Type.UNKNOWN);
      executor.subscribes();
      executor.hears(Event.Type.SUBSCRIBED);

      executor.hears(Event.Type.KILL);
      assertThat(desk.until("t1", TaskState.TASK_DROPPED).getReason())
          .isEqualTo(Reason.REASON_AGENT_RESTARTED);
    }
  }

  @Test
  void aKillThatItDidNotHearIsToldWhenItIsBack() throws Exception {
    try (PlayedExecutor executor = launched("t1")) {
      executor.tells("t1", TaskState.TASK_RUNNING);
      desk.restartsAgent();
      executor.hears(Event.Type.UNKNOWN);
      desk.kills("t1", Duration.ofSeconds(3));
      desk.restartsAgent();
      executor.subscribes();

      executor.hears(Event.Type.SUBSCRIBED);
      assertThat(executor.hears(Event.Type.KILL).getKill().getTaskId().getValue()).isEqualTo("t1");
    }
  }

  @Test
  void anExecutorThatDoesNotComeBackIsKilled() throws Exception {
    try (PlayedExecutor executor = launched("t1")) {
      executor.tells("t1", TaskState.TASK_RUNNING);
      long pid = Keeper.task(meta()).orElseThrow();
      desk.times = new ExecutorTimes(HOUR, SOON, HOUR);
      desk.restartsAgent();

      TaskStatus lost = desk.until("t1", TaskState.TASK_FAILED);
      assertThat(lost.getReason()).isEqualTo(Reason.REASON_EXECUTOR_REREGISTRATION_TIMEOUT);
      assertThat(lost.getMessage()).isEqualTo("Executor did not re-register within 200ms");
      assertThat(ProcFs.startTicks(pid)).isEmpty();
      desk.await(() -> !desk.said.isEmpty());
      assertThat(desk.said.getLast().getExecutorEnded().getExecutorId().getValue()).isEqualTo("e");
    }
  }

  @Test
  void howAnExecutorEndedWhileNoAgentRanIsStillKnown() throws Exception {
    try (PlayedExecutor executor = launched("t1")) {
      executor.tells("t1", TaskState.TASK_RUNNING);
      Path status = meta().resolve("status");
      desk.tasks.close();
      executor.exits(9);
      long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
      while (!Files.exists(status)) {
        assertThat(System.nanoTime() - end).isNegative();
        Thread.onSpinWait();
      }

      desk.restartsAgent();

      assertThat(desk.until("t1", TaskState.TASK_FAILED).getMessage())
          .isEqualTo("Executor exited with status 9");
    }
  }

  @Test
  void aConnectionThatBreaksIsMadeAnew() throws Exception {
    try (PlayedExecutor executor = launched("t1")) {
      executor.tells("t1", TaskState.TASK_RUNNING);
      executor.subscribes();
      executor.hearsBoth(Event.Type.UNKNOWN, Event.Type.SUBSCRIBED);
      executor.tells("t1", TaskState.TASK_FINISHED);
      desk.until("t1", TaskState.TASK_FINISHED);
    }
  }

  @Test
  void anExecutorThatBreaksOffAndDoesNotComeBackIsKilled() throws Exception {
    desk.times = new ExecutorTimes(HOUR, SOON, HOUR);
    desk.restartsAgent();
    PlayedExecutor executor = launched("t1");
    executor.tells("t1", TaskState.TASK_RUNNING);
    executor.close();

    assertThat(desk.until("t1", TaskState.TASK_FAILED).getReason())
        .isEqualTo(Reason.REASON_EXECUTOR_REREGISTRATION_TIMEOUT);
  }

  @Test
  void anAgentThatDiedBeforeItStartedTheExecutorLosesItsTasks() throws Exception {
    desk.launches(Desk.inExecutor("t1", "e"));
    PlayedExecutor executor = PlayedExecutor.of(desk, "e", MediaType.JSON);
    long pid = Keeper.task(meta()).orElseThrow();
    Files.delete(meta().resolve("keeper"));

    desk.restartsAgent();

    assertThat(desk.until("t1", TaskState.TASK_LOST).getReason())
        .isEqualTo(Reason.REASON_AGENT_RESTARTED);
    assertThat(ProcFs.startTicks(pid)).isEmpty();
    desk.await(() -> !desk.said.isEmpty());
    executor.close();
  }

  /** What is not there yet when the agent dies at each step of a launch, latest step first. */
  private static final List<List<String>> STEPS =
      List.of(
          List.of("executors/keeper"),
          List.of("executors/pid", "executors/command"),
          List.of("meta/launch"),
          List.of("meta/place"),
          List.of("executors/token"),
          List.of("executors/executor"));

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5})
  void anAgentThatDiesAtAnyStepOfALaunchLeavesNothingBehind(int step) throws Exception {
    desk.launches(Desk.inExecutor("t1", "e"));
    PlayedExecutor.of(desk, "e", MediaType.JSON).close();
    Path executor = meta();
    desk.await(() -> Files.exists(executor.resolve("pid"))); // its keeper may be late
    long pid = Keeper.task(executor).orElseThrow();
    Path task;
    try (Stream<Path> all = Files.list(disk.resolve("tasks/meta"))) {
      task = all.findFirst().orElseThrow();
    }
    for (List<String> each : STEPS.subList(0, step + 1)) {
      for (String file : each) {
        String name = file.substring(file.indexOf('/') + 1);
        Files.delete((file.startsWith("meta") ? task : executor).resolve(name));
      }
    }

    desk.restartsAgent();

    if (step < 2) {
      desk.until("t1", TaskState.TASK_LOST);
    }
    desk.await(() -> desk.remembered() == 0 && isEmpty("executors") && isEmpty("meta"));
    assertThat(ProcFs.startTicks(pid)).isEmpty();
    // and it can be launched anew
    desk.launches(Desk.inExecutor("t1", "e"));
    try (PlayedExecutor again = PlayedExecutor.of(desk, "e", MediaType.JSON)) {
      again.subscribes();
      again.hears(Event.Type.SUBSCRIBED);
      again.hears(Event.Type.LAUNCH);
    }
  }

  private boolean isEmpty(String dir) {
    try (Stream<Path> all = Files.list(disk.resolve("tasks").resolve(dir))) {
      return all.findAny().isEmpty();
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void anExecutorOfWhichNothingIsWrittenButItsDirectoryIsForgotten() throws Exception {
    Files.createDirectories(disk.resolve("tasks/executors/half"));

    desk.restartsAgent();

    assertThat(disk.resolve("tasks/executors")).isEmptyDirectory();
  }

  @Test
  void aTaskWhoseExecutorIsDamagedOnTheDiskIsLostAndTheExecutorEnded() throws Exception {
    try (PlayedExecutor executor = launched("t1")) {
      executor.tells("t1", TaskState.TASK_RUNNING);
      desk.until("t1", TaskState.TASK_RUNNING);
      long pid = Keeper.task(meta()).orElseThrow();
      Files.write(meta().resolve("executor"), new byte[] {1, 2, 3});

      desk.restartsAgent();

      desk.until("t1", TaskState.TASK_LOST);
      desk.await(() -> ProcFs.startTicks(pid).isEmpty());
    }
  }

  @Test
  void aShutdownThatWasOrderedBeforeARestartIsDone() throws Exception {
    desk.launches(
        Desk.inExecutor("t1", Desk.executor("e").setShutdownGracePeriod(Desk.duration(SOON))));
    try (PlayedExecutor executor = PlayedExecutor.of(desk, "e", MediaType.JSON)) {
      executor.subscribes();
      executor.hears(Event.Type.SUBSCRIBED);
      executor.hears(Event.Type.LAUNCH);
      desk.shutsDownExecutor("e");

      desk.restartsAgent();

      desk.until("t1", TaskState.TASK_FAILED);
    }
  }

  @Test
  void aTaskForAnExecutorThatIsOverIsNotGivenToANewOne() throws Exception {
    desk.launchesInRunning(Desk.inExecutor("t1", "e"));

    TaskStatus dropped = desk.until("t1", TaskState.TASK_LOST);
    assertThat(dropped.getReason()).isEqualTo(Reason.REASON_EXECUTOR_TERMINATED);
    assertThat(dropped.getMessage())
        .isEqualTo("No executor is expected to launch and there is no executor running");
    assertThat(disk.resolve("tasks/executors")).doesNotExist();
  }
}

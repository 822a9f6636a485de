package io.pilothouse.tasks;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.pilothouse.api.v1.AgentMessage;
import io.pilothouse.mesos.MediaType;
import io.pilothouse.mesos.v1.ExecutorInfo;
import io.pilothouse.mesos.v1.TaskInfo;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.mesos.v1.TaskStatus.Reason;
import io.pilothouse.mesos.v1.TaskStatus.Source;
import io.pilothouse.mesos.v1.executor.Call;
import io.pilothouse.mesos.v1.executor.Event;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Executors of frameworks: real processes, for which the test speaks. */
class ExecutorsTest {
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

  private PlayedExecutor started(String task) throws Exception {
    desk.launches(Desk.inExecutor(task, "e"));
    return PlayedExecutor.of(desk, "e", MediaType.JSON);
  }

  private PlayedExecutor running(String task) throws Exception {
    PlayedExecutor executor = started(task);
    executor.subscribes();
    executor.hears(Event.Type.SUBSCRIBED);
    executor.hears(Event.Type.LAUNCH);
    executor.tells(task, TaskState.TASK_RUNNING);
    desk.until(task, TaskState.TASK_RUNNING);
    executor.hears(Event.Type.ACKNOWLEDGED);
    return executor;
  }

  private boolean hasEnded(String executor) {
    return desk.said.stream()
        .filter(AgentMessage::hasExecutorEnded)
        .anyMatch(each -> each.getExecutorEnded().getExecutorId().getValue().equals(executor));
  }

  @ParameterizedTest
  @EnumSource(MediaType.class)
  void anExecutorRunsItsTasksAndItsWordIsPassedOnUntilItIsAcknowledged(MediaType type)
      throws Exception {
    desk.launches(Desk.inExecutor("t1", "e").setData(ByteString.copyFromUtf8("what to do")));
    try (PlayedExecutor executor = PlayedExecutor.of(desk, "e", type)) {
      assertThat(executor.environment)
          .containsEntry("MESOS_FRAMEWORK_ID", "f-1")
          .containsEntry("MESOS_EXECUTOR_ID", "e")
          .containsEntry("MESOS_DIRECTORY", executor.sandbox.toString())
          .containsEntry("MESOS_SANDBOX", executor.sandbox.toString())
          .containsEntry("MESOS_CHECKPOINT", "1")
          .containsEntry("MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD", "5secs")
          .containsEntry("MESOS_RECOVERY_TIMEOUT", "15mins")
          .containsEntry("MESOS_SUBSCRIPTION_BACKOFF_MAX", "2secs")
          .containsEntry(
              "MESOS_SLAVE_PID", "slave(1)@" + executor.environment.get("MESOS_AGENT_ENDPOINT"))
          .containsKeys("MESOS_SLAVE_ID", "MESOS_AGENT_ID", "MESOS_EXECUTOR_AUTHENTICATION_TOKEN")
          .doesNotContainKey("MESOS_TASK_ID");

      executor.subscribes();
      Event.Subscribed subscribed = executor.hears(Event.Type.SUBSCRIBED).getSubscribed();
      assertThat(subscribed.getExecutorInfo().getExecutorId().getValue()).isEqualTo("e");
      assertThat(subscribed.getFrameworkInfo().getId().getValue()).isEqualTo("f-1");
      assertThat(subscribed.getAgentInfo().getHostname()).isEqualTo("web-01");
      assertThat(subscribed.getContainerId().getValue())
          .isEqualTo(executor.sandbox.getFileName().toString());
      TaskInfo task = executor.hears(Event.Type.LAUNCH).getLaunch().getTask();
      assertThat(task.getTaskId().getValue()).isEqualTo("t1");
      assertThat(task.getData().toStringUtf8()).isEqualTo("what to do");

      ByteString uuid = executor.tells("t1", TaskState.TASK_RUNNING);
      TaskStatus running = desk.until("t1", TaskState.TASK_RUNNING);
      assertThat(running.getUuid()).isEqualTo(uuid);
      assertThat(running.getSource()).isEqualTo(Source.SOURCE_EXECUTOR);
      assertThat(running.getExecutorId().getValue()).isEqualTo("e");
      assertThat(running.getAgentId().getValue())
          .isEqualTo(executor.environment.get("MESOS_AGENT_ID"));
      assertThat(running.getTimestamp()).isPositive();
      assertThat(executor.hears(Event.Type.ACKNOWLEDGED).getAcknowledged().getUuid())
          .isEqualTo(uuid);

      executor.tells("t1", TaskState.TASK_FINISHED);
      desk.until("t1", TaskState.TASK_FINISHED);
      executor.hears(Event.Type.ACKNOWLEDGED);
      desk.await(() -> desk.remembered() == 0);
      assertThat(hasEnded("e")).as("it may be given more").isFalse();

      executor.exits(0);
      desk.await(() -> hasEnded("e"));
      assertThat(disk.resolve("tasks/executors")).isEmptyDirectory();
    }
  }

  @Test
  void theNextTaskOfAnExecutorGoesToTheOneThatRuns() throws Exception {
    try (PlayedExecutor executor = running("t1")) {
      desk.launches(Desk.inExecutor("t2", "e"));

      assertThat(executor.hears(Event.Type.LAUNCH).getLaunch().getTask().getTaskId().getValue())
          .isEqualTo("t2");
      executor.tells("t2", TaskState.TASK_FAILED);
      desk.until("t2", TaskState.TASK_FAILED);
      assertThat(desk.states()).containsExactly("t1 RUNNING", "t2 FAILED");
    }
  }

  @Test
  void theTasksOfAnExecutorThatExitsFailAndItsFrameworkIsToldHow() throws Exception {
    try (PlayedExecutor executor = running("t1")) {
      desk.launches(Desk.inExecutor("t2", "e"));
      executor.hears(Event.Type.LAUNCH);

      executor.exits(3);

      for (String each : new String[] {"t1", "t2"}) {
        TaskStatus end = desk.until(each, TaskState.TASK_FAILED);
        assertThat(end.getReason()).isEqualTo(Reason.REASON_EXECUTOR_TERMINATED);
        assertThat(end.getSource()).isEqualTo(Source.SOURCE_AGENT);
        assertThat(end.getMessage()).isEqualTo("Executor exited with status 3");
      }
      desk.await(() -> hasEnded("e"));
      assertThat(desk.said.getLast().getExecutorEnded().getStatus()).isEqualTo(3 << 8);
    }
  }

  @Test
  void aKillIsTheExecutorsToDo() throws Exception {
    try (PlayedExecutor executor = running("t1")) {
      desk.kills("t1", Duration.ofSeconds(7));

      Event.Kill kill = executor.hears(Event.Type.KILL).getKill();
      assertThat(kill.getTaskId().getValue()).isEqualTo("t1");
      assertThat(kill.getKillPolicy().getGracePeriod().getNanoseconds()).isEqualTo(7_000_000_000L);
      executor.tells("t1", TaskState.TASK_KILLED);
      desk.until("t1", TaskState.TASK_KILLED);
    }
  }

  @Test
  void aTaskThatIsKilledBeforeItsExecutorIsThereIsNeverLaunched() throws Exception {
    desk.launches(Desk.inExecutor("t1", "e"));
    desk.kills("t1", Duration.ofSeconds(5));

    TaskStatus killed = desk.until("t1", TaskState.TASK_KILLED);
    assertThat(killed.getReason()).isEqualTo(Reason.REASON_TASK_KILLED_DURING_LAUNCH);
    desk.await(() -> hasEnded("e"));
  }

  @Test
  void messagesGoBothWays() throws Exception {
    try (PlayedExecutor executor = running("t1")) {
      desk.tells("e", "from the framework");
      assertThat(executor.hears(Event.Type.MESSAGE).getMessage().getData().toStringUtf8())
          .isEqualTo("from the framework");

      executor.send(
          executor
              .call(Call.Type.MESSAGE)
              .setMessage(
                  Call.Message.newBuilder().setData(ByteString.copyFromUtf8("from the executor"))));

      desk.await(() -> !desk.said.isEmpty());
      assertThat(desk.said.getFirst().getMessage().getData().toStringUtf8())
          .isEqualTo("from the executor");
      assertThat(desk.said.getFirst().getMessage().getExecutorId().getValue()).isEqualTo("e");
    }
  }

  @Test
  void anExecutorThatIsShutDownHasItsGraceAndIsKilledThen() throws Exception {
    desk.launches(
        Desk.inExecutor(
            "t1",
            Desk.executor("e").setShutdownGracePeriod(Desk.duration(Duration.ofMillis(200)))));
    try (PlayedExecutor executor = PlayedExecutor.of(desk, "e", MediaType.PROTOBUF)) {
      assertThat(executor.environment)
          .containsEntry("MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD", "200ms");
      executor.subscribes();
      executor.hears(Event.Type.SUBSCRIBED);
      executor.hears(Event.Type.LAUNCH);

      desk.shutsDownExecutor("e");
      executor.hears(Event.Type.SHUTDOWN);

      assertThat(desk.until("t1", TaskState.TASK_FAILED).getReason())
          .isEqualTo(Reason.REASON_EXECUTOR_TERMINATED);
      desk.await(() -> hasEnded("e"));
      assertThat(desk.said.getLast().getExecutorEnded().getStatus()).as("SIGTERM").isEqualTo(15);
    }
  }

  @Test
  void theExecutorsOfAFrameworkThatIsShutDownAreAndTheEndsOfItsTasksAreTold() throws Exception {
    try (PlayedExecutor executor = running("t1")) {
      int heard = desk.heard.size();

      desk.shutsDownFramework();
      executor.hears(Event.Type.SHUTDOWN);
      executor.exits(0);

      desk.await(() -> desk.remembered() == 0);
      desk.await(() -> hasEnded("e"));
      assertThat(desk.heard).hasSize(heard + 1);
      assertThat(desk.heard.getLast().getReason()).isEqualTo(Reason.REASON_EXECUTOR_TERMINATED);
    }
  }

  @Test
  void anExecutorThatDoesNotSubscribeIsKilled() throws Exception {
    desk.times = new ExecutorTimes(Duration.ofMillis(200), Duration.ofMillis(200), HOUR);
    desk.restartsAgent();
    desk.launches(Desk.inExecutor("t1", "e"));

    TaskStatus late = desk.until("t1", TaskState.TASK_FAILED);
    assertThat(late.getReason()).isEqualTo(Reason.REASON_EXECUTOR_REGISTRATION_TIMEOUT);
    assertThat(late.getMessage()).isEqualTo("Executor did not register within 200ms");
    desk.await(() -> hasEnded("e"));
  }

  private static final Duration HOUR = Duration.ofHours(1);

  @Test
  void aProgramThatIsNotThereFailsTheTask() throws Exception {
    ExecutorInfo.Builder executor = Desk.executor("e");
    executor.getCommandBuilder().setValue("exec /no/such/program");
    desk.launches(Desk.inExecutor("t1", executor));

    assertThat(desk.until("t1", TaskState.TASK_FAILED).getMessage())
        .isEqualTo("Executor exited with status 127");
    desk.await(() -> hasEnded("e"));
    assertThat(Files.exists(disk.resolve("tasks/executors"))).isTrue();
  }

  @Test
  void whoReadsEventsIsToldThatTheAgentLives() throws Exception {
    desk.times = new ExecutorTimes(HOUR, HOUR, Duration.ofMillis(50));
    desk.restartsAgent();
    try (PlayedExecutor executor = started("t1")) {
      executor.subscribes();
      executor.hears(Event.Type.SUBSCRIBED);
      executor.hears(Event.Type.LAUNCH);
      desk.await(() -> !executor.hasHeardAll());
      executor.hears(Event.Type.HEARTBEAT);
    }
  }
}

package org.apache.mesos;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.pilothouse.driver.Settings;
import io.pilothouse.mesos.v1.AgentID;
import io.pilothouse.mesos.v1.executor.Call;
import io.pilothouse.mesos.v1.executor.Event;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.apache.mesos.Protos.ExecutorInfo;
import org.apache.mesos.Protos.FrameworkInfo;
import org.apache.mesos.Protos.SlaveInfo;
import org.apache.mesos.Protos.Status;
import org.apache.mesos.Protos.TaskID;
import org.apache.mesos.Protos.TaskInfo;
import org.apache.mesos.Protos.TaskState;
import org.apache.mesos.Protos.TaskStatus;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What an executor of old sees of its driver, beside an agent that does as the test says. */
@Timeout(120)
class MesosExecutorDriverTest {
  private static final Settings.Timing QUICK =
      new Settings.Timing(Duration.ofMillis(5), Duration.ofMillis(50), Duration.ofSeconds(30));

  private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
  private volatile BiConsumer<ExecutorDriver, TaskInfo> onLaunch = (driver, task) -> {};
  private FakeAgent agent;

  @BeforeEach
  void start() throws Exception {
    agent = new FakeAgent();
  }

  @AfterEach
  void stop() {
    agent.close();
  }

  private final class Notes implements Executor {
    @Override
    public void registered(
        ExecutorDriver driver, ExecutorInfo executor, FrameworkInfo framework, SlaveInfo slave) {
      lines.add(
          "registered %s of %s on %s"
              .formatted(
                  executor.getExecutorId().getValue(), framework.getName(), slave.getHostname()));
    }

    @Override
    public void reregistered(ExecutorDriver driver, SlaveInfo slave) {
      lines.add("reregistered on " + slave.getHostname());
    }

    @Override
    public void disconnected(ExecutorDriver driver) {
      lines.add("disconnected");
    }

    @Override
    public void launchTask(ExecutorDriver driver, TaskInfo task) {
      lines.add("launch " + task.getTaskId().getValue());
      onLaunch.accept(driver, task);
    }

    @Override
    public void killTask(ExecutorDriver driver, TaskID task) {
      lines.add("kill " + task.getValue());
    }

    @Override
    public void frameworkMessage(ExecutorDriver driver, byte[] data) {
      lines.add("message of " + data.length + " bytes");
    }

    @Override
    public void shutdown(ExecutorDriver driver) {
      lines.add("shutdown");
    }

    @Override
    public void error(ExecutorDriver driver, String message) {
      lines.add("error " + message);
    }
  }

  private void says(String line) throws InterruptedException {
    assertThat(lines.poll(30, TimeUnit.SECONDS)).isEqualTo(line);
  }

  private MesosExecutorDriver driver(Map<String, String> environment) {
    return new MesosExecutorDriver(new Notes(), environment, QUICK);
  }

  private MesosExecutorDriver registered() throws Exception {
    MesosExecutorDriver driver = driver(agent.environment("15mins"));
    assertThat(driver.start()).isEqualTo(Status.DRIVER_RUNNING);
    says("registered e1 of old on m1");
    var unused = agent.subscription();
    return driver;
  }

  private static io.pilothouse.mesos.v1.TaskID id(String task) {
    return io.pilothouse.mesos.v1.TaskID.newBuilder().setValue(task).build();
  }

  private void launches(String task) throws Exception {
    agent.sends(
        Event.newBuilder()
            .setType(Event.Type.LAUNCH)
            .setLaunch(
                Event.Launch.newBuilder()
                    .setTask(
                        io.pilothouse.mesos.v1.TaskInfo.newBuilder()
                            .setName(task)
                            .setTaskId(id(task))
                            .setAgentId(AgentID.newBuilder().setValue("a1"))))
            .build());
  }

  private static TaskStatus status(String task, TaskState state) {
    return TaskStatus.newBuilder()
        .setTaskId(TaskID.newBuilder().setValue(task))
        .setState(state)
        .build();
  }

  @Test
  void aTaskIsLaunchedAndItsLastStatusArrivesBeforeTheDriverIsStopped() throws Exception {
    onLaunch =
        (of, task) -> {
          of.sendStatusUpdate(status("t1", TaskState.TASK_RUNNING));
          of.sendStatusUpdate(status("t1", TaskState.TASK_FINISHED));
          of.stop();
        };
    MesosExecutorDriver driver = registered();

    launches("t1");

    assertThat(driver.join()).isEqualTo(Status.DRIVER_STOPPED);
    says("launch t1");
    var running = agent.call().getUpdate().getStatus();
    var finished = agent.call().getUpdate().getStatus();
    assertThat(running.getState().name() + finished.getState().name())
        .isEqualTo("TASK_RUNNINGTASK_FINISHED");
    assertThat(running.getUuid().size()).isEqualTo(16);
    assertThat(running.getUuid()).isNotEqualTo(finished.getUuid());
    assertThat(running.getSource())
        .isEqualTo(io.pilothouse.mesos.v1.TaskStatus.Source.SOURCE_EXECUTOR);
    assertThat(running.getExecutorId().getValue() + running.getAgentId().getValue())
        .isEqualTo("e1a1");
    assertThat(running.getTimestamp()).isPositive();
    assertThat(driver.sendFrameworkMessage(new byte[1])).isEqualTo(Status.DRIVER_STOPPED);
    assertThat(agent.isCalled()).isFalse();
  }

  @Test
  void allElseIsTold() throws Exception {
    MesosExecutorDriver driver = registered();
    agent.sends(
        Event.newBuilder()
            .setType(Event.Type.KILL)
            .setKill(Event.Kill.newBuilder().setTaskId(id("t1")))
            .build());
    agent.sends(
        Event.newBuilder()
            .setType(Event.Type.MESSAGE)
            .setMessage(Event.Message.newBuilder().setData(ByteString.copyFromUtf8("abc")))
            .build());
    driver.sendFrameworkMessage(new byte[] {1, 2});
    agent.sends(Event.newBuilder().setType(Event.Type.HEARTBEAT).build());
    agent.sends(Event.newBuilder().setType(Event.Type.SHUTDOWN).build());
    launches("late");

    says("kill t1");
    says("message of 3 bytes");
    says("shutdown");
    assertThat(agent.call().getMessage().getData().toByteArray()).containsExactly(1, 2);
    driver.sendStatusUpdate(status("t1", TaskState.TASK_KILLED));
    assertThat(agent.call().getUpdate().getStatus().getState().name()).isEqualTo("TASK_KILLED");
    assertThat(driver.stop()).isEqualTo(Status.DRIVER_STOPPED);
    assertThat(lines).isEmpty();
  }

  @Test
  void whatIsNotAcknowledgedIsToldAgainWhenTheAgentIsBack() throws Exception {
    MesosExecutorDriver driver = registered();
    launches("t1");
    launches("t2");
    says("launch t1");
    says("launch t2");
    driver.sendStatusUpdate(status("t1", TaskState.TASK_RUNNING));
    driver.sendStatusUpdate(status("t1", TaskState.TASK_FINISHED));
    var running = agent.call().getUpdate().getStatus();
    var finished = agent.call().getUpdate().getStatus();
    agent.sends(
        Event.newBuilder()
            .setType(Event.Type.ACKNOWLEDGED)
            .setAcknowledged(
                Event.Acknowledged.newBuilder().setTaskId(id("t1")).setUuid(running.getUuid()))
            .build());

    agent.goes();
    says("disconnected");
    driver.sendStatusUpdate(status("t2", TaskState.TASK_RUNNING));
    agent.comesBack();

    says("reregistered on m1");
    Call.Subscribe again = agent.subscription().getSubscribe();
    assertThat(again.getUnacknowledgedTasksList())
        .extracting(each -> each.getTaskId().getValue())
        .containsExactly("t2");
    assertThat(again.getUnacknowledgedUpdatesList())
        .extracting(each -> each.getStatus().getTaskId().getValue())
        .containsExactly("t1", "t2");
    assertThat(again.getUnacknowledgedUpdates(0).getStatus()).isEqualTo(finished);
    driver.sendStatusUpdate(status("t2", TaskState.TASK_FINISHED));
    assertThat(agent.call().getUpdate().getStatus().getState().name())
        .as("what SUBSCRIBE told is not told twice")
        .isEqualTo("TASK_FINISHED");
    driver.stop();
  }

  @Test
  void whatTheAgentCannotTakeYetIsSentAgainInOrder() throws Exception {
    MesosExecutorDriver driver = registered();
    agent.refusals.add(503);

    driver.sendStatusUpdate(status("t1", TaskState.TASK_RUNNING));
    driver.sendStatusUpdate(status("t1", TaskState.TASK_FINISHED));

    for (int each = 0; each < 2; each++) {
      assertThat(agent.call().getUpdate().getStatus().getState().name()).isEqualTo("TASK_RUNNING");
    }
    assertThat(agent.call().getUpdate().getStatus().getState().name()).isEqualTo("TASK_FINISHED");
    driver.stop();
  }

  @Test
  void whatTheAgentWillNeverTakeIsGivenUpAlone() throws Exception {
    MesosExecutorDriver driver = registered();
    agent.refusals.add(413);

    driver.sendStatusUpdate(status("large", TaskState.TASK_RUNNING));
    driver.sendStatusUpdate(status("t1", TaskState.TASK_RUNNING));

    assertThat(agent.call().getUpdate().getStatus().getTaskId().getValue()).isEqualTo("large");
    assertThat(agent.call().getUpdate().getStatus().getTaskId().getValue()).isEqualTo("t1");
    driver.stop();
    assertThat(agent.isCalled()).isFalse();
  }

  @Test
  void anAgentThatStaysAwayShutsItDown() throws Exception {
    MesosExecutorDriver driver = driver(agent.environment("0.5secs"));
    driver.start();
    says("registered e1 of old on m1");

    agent.goes();

    says("disconnected");
    says("shutdown");
    assertThat(driver.join()).isEqualTo(Status.DRIVER_ABORTED);
    assertThat(lines).isEmpty();
  }

  @Test
  void anErrorOfTheAgentAbortsIt() throws Exception {
    MesosExecutorDriver driver = registered();

    agent.sends(
        Event.newBuilder()
            .setType(Event.Type.ERROR)
            .setError(Event.Error.newBuilder().setMessage("no"))
            .build());

    says("error no");
    assertThat(driver.join()).isEqualTo(Status.DRIVER_ABORTED);
    assertThat(driver.stop()).isEqualTo(Status.DRIVER_ABORTED);
  }

  @Test
  void aCallbackThatThrowsAbortsIt() throws Exception {
    onLaunch =
        (of, task) -> {
          throw new IllegalStateException("no room");
        };
    MesosExecutorDriver driver = registered();

    launches("t1");

    assertThat(driver.join()).isEqualTo(Status.DRIVER_ABORTED);
    says("launch t1");
  }

  @Test
  void stagingIsNotForExecutors() throws Exception {
    MesosExecutorDriver driver = registered();

    assertThat(driver.sendStatusUpdate(status("t1", TaskState.TASK_STAGING)))
        .isEqualTo(Status.DRIVER_ABORTED);

    says("error TASK_STAGING is not for executors to tell");
  }

  @Test
  void aWrongTokenIsAnError() throws Exception {
    Map<String, String> environment = new HashMap<>(agent.environment("15mins"));
    environment.put("MESOS_EXECUTOR_AUTHENTICATION_TOKEN", "guess");

    assertThat(driver(environment).run()).isEqualTo(Status.DRIVER_ABORTED);

    says("error the agent refuses the executor: status 401 ");
  }

  @ParameterizedTest
  @CsvSource({
    "MESOS_AGENT_ENDPOINT, '', 'MESOS_AGENT_ENDPOINT is not in the environment'",
    "MESOS_SLAVE_ID, '', 'MESOS_SLAVE_ID is not in the environment'",
    "MESOS_AGENT_ENDPOINT, 'a b', 'Illegal character'",
    "MESOS_RECOVERY_TIMEOUT, 'soon', 'expected a duration such as 15mins'",
    "MESOS_RECOVERY_TIMEOUT, '3years', 'expected a duration such as 15mins'",
  })
  void anEnvironmentThatNoAgentMadeIsAnError(String name, String value, String why)
      throws Exception {
    Map<String, String> environment = new HashMap<>(agent.environment("15mins"));
    environment.put(name, value);

    assertThat(driver(environment).run()).isEqualTo(Status.DRIVER_ABORTED);

    assertThat(lines.poll(30, TimeUnit.SECONDS)).startsWith("error ").contains(why);
  }
}

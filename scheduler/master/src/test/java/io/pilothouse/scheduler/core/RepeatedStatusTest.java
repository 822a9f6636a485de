package io.pilothouse.scheduler.core;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.pilothouse.api.v1.AgentRegister;
import io.pilothouse.api.v1.RunningTask;
import io.pilothouse.mesos.v1.FrameworkID;
import io.pilothouse.mesos.v1.TaskState;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Agents send a status again until it is acknowledged. */
class RepeatedStatusTest {
  private final Stage stage = new Stage();
  private Stage.FakeAgent agent;
  private Stage.FakeFramework framework;

  @BeforeEach
  void launched() {
    agent = stage.agent("m1", "cpus:4;mem:1024");
    framework = stage.framework("'failover_timeout':600");
    stage.pass(0);
    framework.launch("t1", "cpus:1;mem:64");
  }

  @Test
  void whoIsBehindIsToldAgainSeldom() {
    agent.tells(framework, "t1", TaskState.TASK_FINISHED);
    stage.pass(10_000);
    agent.tells(framework, "t1", TaskState.TASK_FINISHED);
    assertThat(framework.statuses()).as("it has not got round to the first").hasSize(1);
    stage.pass(20_000);
    agent.tells(framework, "t1", TaskState.TASK_FINISHED);
    assertThat(framework.statuses()).hasSize(2);
  }

  @Test
  void whoCameAgainIsToldAtOnce() {
    ByteString running = agent.tells(framework, "t1", TaskState.TASK_RUNNING);
    Stage.FakeFramework back = framework.again();
    assertThat(back.lastStatus().getUuid()).isEqualTo(running);
    int told = back.statuses().size();
    agent.tells(back, "t1", TaskState.TASK_RUNNING);
    assertThat(back.statuses()).as("over this stream, a moment ago").hasSize(told);
  }

  @Test
  void anAcknowledgementThatFoundTheAgentAwayIsAskedForAtOnce() {
    ByteString running = agent.tells(framework, "t1", TaskState.TASK_RUNNING);
    agent.detach();
    framework.acknowledge(agent, "t1", running);
    agent.register(
        AgentRegister.newBuilder()
            .addTasks(
                RunningTask.newBuilder()
                    .setFrameworkId(FrameworkID.newBuilder().setValue(framework.id))
                    .setTask(
                        agent.heard().stream()
                            .filter(each -> each.hasLaunch())
                            .findFirst()
                            .orElseThrow()
                            .getLaunch()
                            .getTasks(0))));
    int told = framework.statuses().size();
    agent.tells(framework, "t1", TaskState.TASK_RUNNING);
    assertThat(framework.statuses()).hasSize(told + 1);
  }
}

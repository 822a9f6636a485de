package io.pilothouse.scheduler.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.AgentMessage;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.scheduler.core.Stage.FakeAgent;
import io.pilothouse.scheduler.core.Stage.FakeFramework;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What executors that frameworks brought have, from their launch to their end. */
class ExecutorsTest {
  private static final String EXECUTOR =
      "'executor':{'executor_id':{'value':'%s'},'command':{'value':'run'},'resources':[{'name':"
          + "'cpus','type':'SCALAR','scalar':{'value':%s}}]}";

  private final Stage stage = new Stage();
  private FakeAgent agent = stage.new FakeAgent("", "");
  private FakeFramework framework = stage.new FakeFramework(new Stage.Stream(""), "", "");

  @BeforeEach
  void offered() {
    agent = stage.agent("m1", "cpus:4;mem:1024;ports:[31000-31009]");
    framework =
        stage.framework("'failover_timeout':600,'capabilities':[{'type':'PARTITION_AWARE'}]");
    stage.pass(0);
  }

  /** Of all that is free now. */
  private double cpusOffered() {
    framework
        .offers()
        .forEach(
            offer ->
                framework.accepted(
                    "{'type':'DECLINE','decline':{'offer_ids':[{'value':'%s'}]}}"
                        .formatted(offer.getId().getValue())));
    framework.accepted("{'type':'REVIVE'}");
    stage.pass(1_000);
    return framework.lastOffer().getResources(0).getScalar().getValue();
  }

  @Test
  void anExecutorWhoseTaskEndedBeforeAnythingElseWasToldOfItStays() {
    framework.launch(framework.lastOffer(), "t1", "cpus:1", EXECUTOR.formatted("e", "0.5"));
    agent.tells(
        framework,
        "t1",
        TaskState.TASK_FINISHED,
        TaskStatus.newBuilder().setSource(TaskStatus.Source.SOURCE_EXECUTOR));
    assertThat(cpusOffered()).isEqualTo(3.5);
  }

  @Test
  void howAnExecutorEndedIsToldEvenIfItNeverDidAnything() {
    framework.launch(framework.lastOffer(), "t1", "cpus:1", EXECUTOR.formatted("e", "0.5"));
    agent.tells(framework, "t1", TaskState.TASK_FAILED);
    AgentMessage.Builder ended = AgentMessage.newBuilder();
    ended.getExecutorEndedBuilder().setStatus(9).getExecutorIdBuilder().setValue("e");
    ended.getExecutorEndedBuilder().getFrameworkIdBuilder().setValue(framework.id);
    agent.say(ended);
    assertThat(framework.last().getFailure().getStatus()).isEqualTo(9);
    assertThat(cpusOffered()).isEqualTo(4);
  }
}

package io.pilothouse.scheduler.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.AgentMessage;
import io.pilothouse.api.v1.AgentRegister;
import io.pilothouse.api.v1.MachineConsent;
import io.pilothouse.api.v1.RunningExecutor;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.scheduler.core.Stage.FakeAgent;
import io.pilothouse.scheduler.core.Stage.FakeFramework;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What tasks of a framework that has ended have is nobody else's until they have ended, too. */
class EndedFrameworksTest {
  private static final String RESOURCES = "cpus:4;mem:1024;ports:[31000-31009]";
  private static final String EXECUTOR =
      "'executor':{'executor_id':{'value':'e'},'command':{'value':'run'},'resources':[{'name':"
          + "'cpus','type':'SCALAR','scalar':{'value':1}}]}";

  private final Stage stage = new Stage();
  private final FakeAgent agent = stage.agent("m1", RESOURCES);
  private final FakeFramework framework = stage.framework("'failover_timeout':60");

  private void launches(String what) {
    stage.pass(0);
    framework.launch(framework.lastOffer(), "t1", "cpus:1;ports:[31000-31004]", what);
    agent.tells(framework, "t1", TaskState.TASK_RUNNING);
  }

  private void runs() {
    launches("'command':{'value':'x'}");
  }

  private void ends() {
    framework.accepted("{'type':'TEARDOWN'}");
  }

  private FakeFramework next() {
    FakeFramework next = stage.framework();
    stage.pass(1_000);
    return next;
  }

  /** Of all that it was offered, in the order in which it was. */
  private static List<Double> cpus(FakeFramework framework) {
    return framework.offers().stream()
        .map(
            offer ->
                offer.getResourcesList().stream()
                    .filter(each -> each.getName().equals("cpus"))
                    .mapToDouble(each -> each.getScalar().getValue())
                    .sum())
        .toList();
  }

  private long usedByRole() {
    return stage.core.picture().agents().getAgents(0).getAllocatedResourcesList().stream()
        .filter(each -> each.getAllocationInfo().getRole().equals("*"))
        .filter(each -> each.getName().equals("cpus"))
        .mapToLong(each -> (long) each.getScalar().getValue())
        .sum();
  }

  @Test
  void itIsOfferedOnceTheirAgentSaysSo() {
    runs();
    ends();
    assertThat(usedByRole()).as("counted for its role").isEqualTo(1);
    FakeFramework next = next();
    assertThat(cpus(next)).containsExactly(3.0);
    assertThat(next.lastOffer().getResourcesList().toString())
        .contains("begin: 31005")
        .doesNotContain("begin: 31000");

    agent.tells(framework, "t1", TaskState.TASK_KILLED);
    stage.pass(1_000);
    assertThat(cpus(next)).containsExactly(3.0, 1.0);
    assertThat(usedByRole()).isZero();
  }

  @Test
  void soItIsAfterItsFailoverTimeout() {
    runs();
    stage.streamEnds(framework);
    stage.pass(40_000);
    agent.pong();
    stage.pass(30_000);
    assertThat(cpus(next())).containsExactly(3.0);
  }

  @Test
  void oneThatTheirAgentDoesNotListAnyMoreHasEnded() {
    runs();
    ends();
    agent.register();
    assertThat(cpus(next())).containsExactly(4.0);
  }

  @Test
  void oneThatItListsStillRuns() {
    runs();
    ends();
    agent.runs(framework, "t1", TaskState.TASK_RUNNING, "cpus:1;ports:[31000-31004]");
    agent.register();
    FakeFramework next = next();
    assertThat(cpus(next)).containsExactly(3.0);

    agent.tells(framework, "t1", TaskState.TASK_FAILED);
    stage.pass(1_000);
    assertThat(cpus(next)).containsExactly(3.0, 1.0);
  }

  @Test
  void oneThatHasEndedAndIsStillListedHasNothing() {
    runs();
    ends();
    agent.runs(framework, "t1", TaskState.TASK_KILLED, "cpus:1;ports:[31000-31004]");
    agent.register();
    assertThat(cpus(next())).containsExactly(4.0);
  }

  @Test
  void anAgentThatComesToANewLeaderWithWhatIsOverKeepsItsResourcesToo() {
    runs();
    ends();
    agent.detach();
    FakeAgent same = stage.new FakeAgent("m2", "a2");
    stage.machine("m2", RESOURCES, true);
    same.runs(framework, "t9", TaskState.TASK_RUNNING, "cpus:2");
    AgentRegister.Builder with = AgentRegister.newBuilder();
    with.addFrameworksBuilder().setUser("u").setName("n").getIdBuilder().setValue(framework.id);
    RunningExecutor.Builder executor = with.addExecutorsBuilder();
    executor.getFrameworkIdBuilder().setValue(framework.id);
    executor.getExecutorBuilder().getExecutorIdBuilder().setValue("e");
    executor.getExecutorBuilder().addAllResources(Stage.messages("cpus:1"));
    same.register(with);
    assertThat(same.heardKinds().toString()).isEqualTo("[REGISTERED, SHUTDOWN_FRAMEWORK]");
    FakeFramework next = next();
    assertThat(cpus(next)).containsExactly(1.0);

    same.tells(framework, "t9", TaskState.TASK_KILLED);
    same.say(executorEnded());
    stage.pass(1_000);
    assertThat(cpus(next)).containsExactly(1.0, 3.0);
  }

  private AgentMessage.Builder executorEnded() {
    AgentMessage.Builder ended = AgentMessage.newBuilder();
    ended.getExecutorEndedBuilder().getExecutorIdBuilder().setValue("e");
    ended.getExecutorEndedBuilder().getFrameworkIdBuilder().setValue(framework.id);
    return ended;
  }

  @Test
  void anExecutorHasItsOwnUntilItEnds() {
    launches(EXECUTOR);
    ends();
    FakeFramework next = next();
    assertThat(cpus(next)).containsExactly(2.0);

    agent.tells(framework, "t1", TaskState.TASK_KILLED);
    stage.pass(1_000);
    agent.say(executorEnded());
    stage.pass(1_000);
    assertThat(cpus(next)).containsExactly(2.0, 1.0, 1.0);
  }

  @Test
  void withItsAgentAllOfItGoes() {
    runs();
    ends();
    for (int i = 0; i < 80; i++) {
      stage.pass(1_000);
    }
    assertThat(stage.core.picture().agents().getAgentsCount()).isZero();
    assertThat(stage.core.picture().tasks().getCompletedTasksCount()).as("once").isEqualTo(1);
    agent.register();
    assertThat(cpus(next())).containsExactly(4.0);
  }

  @Test
  void aMachineThatIsTakenIsWaitedForUntilTheyHaveEnded() {
    runs();
    ends();
    stage.machine("m1", RESOURCES, false, stage.now + 60_000);
    stage.pass(1_000);
    assertThat(told().getLast().getFrameworks()).isEqualTo(1);

    agent.tells(framework, "t1", TaskState.TASK_KILLED);
    stage.pass(1_000);
    assertThat(told().getLast().getFrameworks()).isZero();
  }

  private List<MachineConsent> told() {
    return stage.said.writes.stream()
        .filter(Write.SayConsent.class::isInstance)
        .map(each -> ((Write.SayConsent) each).consent())
        .toList();
  }

  @Test
  void whatAnAgentBringsOfARoleThatCannotBeStopsNobody() {
    runs();
    ends();
    AgentRegister.Builder with = AgentRegister.newBuilder();
    var odd = with.addTasksBuilder();
    odd.getFrameworkIdBuilder().setValue(framework.id);
    odd.getTaskBuilder().setName("t").getTaskIdBuilder().setValue("t7");
    odd.getTaskBuilder().getAgentIdBuilder().setValue(agent.id);
    odd.getTaskBuilder().addAllResources(Stage.messages("cpus:1"));
    odd.getTaskBuilder().getResourcesBuilder(0).getAllocationInfoBuilder().setRole("a//b");
    agent.register(with);
    assertThat(cpus(next())).containsExactly(4.0);
  }
}

package io.pilothouse.scheduler.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.AgentKill;
import io.pilothouse.api.v1.OfferRole;
import io.pilothouse.api.v1.OfferedResource;
import io.pilothouse.api.v1.PullOfferableReply;
import io.pilothouse.api.v1.SchedulerMessage;
import io.pilothouse.api.v1.SchedulerMessage.KindCase;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus.Reason;
import io.pilothouse.scheduler.allocator.resources.Resources;
import io.pilothouse.scheduler.core.Stage.FakeAgent;
import io.pilothouse.scheduler.core.Stage.FakeFramework;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What happens to a task while its launch waits until what it uses is written down. */
class WaitingLaunchesTest extends Reserving {
  private static final String ALL_CPUS = "{'name':'cpus','type':'SCALAR','scalar':{'value':4}}";

  /** Its launch waits; from here on a test says what is written. */
  private FakeFramework launching(String... used) {
    FakeFramework framework = framework();
    stage.writesAtOnce = false;
    accepts(framework, reserve("", CPUS), launch("t1", used));
    return framework;
  }

  private static List<SchedulerMessage> ofTasks(FakeAgent agent) {
    return agent.heard().stream().filter(each -> each.hasLaunch() || each.hasKill()).toList();
  }

  private static List<KindCase> kinds(FakeAgent agent) {
    return ofTasks(agent).stream().map(SchedulerMessage::getKindCase).toList();
  }

  private void requireDropped(FakeFramework framework, Reason why, String text) {
    assertThat(framework.lastStatus().getTaskId().getValue()).isEqualTo("t1");
    assertThat(framework.lastStatus().getState()).isEqualTo(TaskState.TASK_DROPPED);
    assertThat(framework.lastStatus().getReason()).isEqualTo(why);
    assertThat(framework.lastStatus().getMessage()).isEqualTo(text);
    assertThat(stage.core.picture().tasks().getTasksCount()).isZero();
    assertThat(stage.core.picture().agents().getAgents(0).getAllocatedResourcesCount()).isZero();
  }

  @Test
  void whatItsMachinesTimeOvertakesIsDropped() {
    FakeAgent agent = agent();
    FakeFramework framework = launching(CPUS);
    stage.machine("m1", "cpus:4;mem:1024;disk:1000", false, stage.now + 1_000);
    stage.pass(1_000);
    stage.pass(1_000);
    stage.written();
    assertThat(ofTasks(agent)).isEmpty();
    requireDropped(framework, Reason.REASON_AGENT_DRAINING, "machine m1 is taken by repair/R-7");
    stage.writesAtOnce = true;
    stage.machine("m1", "cpus:4;mem:1024;disk:1000", true);
    stage.pass(10_000);
    assertThat(offered(framework))
        .isEqualTo(Resources.parse("cpus:3;mem:1024;disk:1000").plus(read(CPUS)));
  }

  @Test
  void whatIsLaunchedBeforeItsMachinesTimeIsSentAndEndedWhenThatComes() {
    FakeAgent agent = agent();
    launching(CPUS);
    stage.machine("m1", "cpus:4;mem:1024;disk:1000", false, stage.now + 2_000);
    stage.pass(1_000);
    stage.written();
    assertThat(kinds(agent)).containsExactly(KindCase.LAUNCH);
    stage.pass(1_000);
    assertThat(kinds(agent)).containsExactly(KindCase.LAUNCH, KindCase.KILL);
  }

  @Test
  void onAMachineOfWhichNothingIsSetAsideAnyMoreItIsDropped() {
    FakeAgent agent = agent();
    FakeFramework framework = launching(CPUS);
    stage.machines(PullOfferableReply.newBuilder().addGone("m1"));
    stage.written();
    assertThat(ofTasks(agent)).isEmpty();
    requireDropped(
        framework,
        Reason.REASON_RESOURCES_UNKNOWN,
        "The Device Manager sets nothing of machine m1 aside any more");
  }

  @Test
  void whatIsRevokedIsToldToEndAfterItsAgentKnowsIt() {
    FakeAgent agent = agent();
    FakeFramework framework = framework();
    stage.roles(
        OfferRole.newBuilder()
            .setName("ads")
            .addGuarantee(OfferedResource.newBuilder().setName("cpus").setMilli(4_000))
            .setRevokeAfterMs(30_000)
            .build());
    stage.framework("'role':'ads'");
    stage.writesAtOnce = false;
    accepts(framework, reserve("", DISK), launch("t1", ALL_CPUS));
    for (int i = 0; i < 40; i++) {
      agent.pong();
      stage.pass(1_000);
    }
    assertThat(ofTasks(agent)).isEmpty();
    stage.written();
    assertThat(kinds(agent)).containsExactly(KindCase.LAUNCH, KindCase.KILL);
    AgentKill kill = ofTasks(agent).getLast().getKill();
    assertThat(kill.getTaskId().getValue()).isEqualTo("t1");
    assertThat(kill.getReason()).contains("ads");
    stage.pass(1_000);
    assertThat(kinds(agent)).as("once").hasSize(2);
  }

  private static String inExecutor(String task, String... used) {
    String executor =
        "'executor':{'type':'CUSTOM','executor_id':{'value':'e'},'command':{'value':'x'},"
            + "'resources':[{'name':'mem','type':'SCALAR','scalar':{'value':32}}]}";
    return launch(task, used).replace("'command':{'value':'x'}", executor);
  }

  private static final String SHUTDOWN =
      "{'type':'SHUTDOWN','shutdown':{'agent_id':{'value':'m1-agent'},"
          + "'executor_id':{'value':'%s'}}}";

  private static List<KindCase> ofExecutors(FakeAgent agent) {
    return agent.heard().stream()
        .filter(each -> each.hasLaunch() || each.hasShutdownExecutor())
        .map(SchedulerMessage::getKindCase)
        .toList();
  }

  @Test
  void itsExecutorIsShutDownBehindTheLaunchThatWouldStartItNevertheless() {
    FakeAgent agent = agent();
    FakeFramework framework = framework();
    stage.writesAtOnce = false;
    accepts(framework, reserve("", CPUS), inExecutor("t1", CPUS));

    framework.accepted(SHUTDOWN.formatted("e"));
    framework.accepted(SHUTDOWN.formatted("other"));
    assertThat(ofExecutors(agent)).as("of another").containsExactly(KindCase.SHUTDOWN_EXECUTOR);
    stage.written();

    assertThat(ofExecutors(agent))
        .containsExactly(KindCase.SHUTDOWN_EXECUTOR, KindCase.LAUNCH, KindCase.SHUTDOWN_EXECUTOR);
    assertThat(agent.heard().getLast().getShutdownExecutor().getExecutorId().getValue())
        .isEqualTo("e");
    framework.accepted(SHUTDOWN.formatted("e"));
    assertThat(ofExecutors(agent)).as("nothing waits any more").hasSize(4);
  }

  @Test
  void ofAFrameworkThatEndsItNeverIsAndWhatItWasToUseIsFreeAtOnce() {
    FakeAgent agent = agent();
    FakeFramework framework = framework();
    stage.writesAtOnce = false;
    accepts(framework, reserve("", CPUS), inExecutor("t1", CPUS));
    framework.accepted("{'type':'TEARDOWN'}");
    stage.written();
    assertThat(agent.heardKinds()).doesNotContain(KindCase.LAUNCH, KindCase.SHUTDOWN_FRAMEWORK);
    assertThat(stage.core.picture().agents().getAgents(0).getAllocatedResourcesCount()).isZero();
    stage.writesAtOnce = true;
    FakeFramework next = stage.framework(DB.replace("db-1", "db-2"));
    stage.pass(1_000);
    assertThat(offered(next))
        .isEqualTo(Resources.parse("cpus:3;mem:1024;disk:1000").plus(read(CPUS)));
  }

  @Test
  void howItsFrameworkWouldEndItIsNotForgotten() {
    FakeAgent agent = agent();
    FakeFramework framework = launching(CPUS);
    framework.accepted(
        "{'type':'KILL','kill':{'task_id':{'value':'t1'},"
            + "'kill_policy':{'grace_period':{'nanoseconds':7}}}}");
    assertThat(ofTasks(agent)).isEmpty();
    stage.written();
    assertThat(kinds(agent)).containsExactly(KindCase.LAUNCH, KindCase.KILL);
    AgentKill kill = ofTasks(agent).getLast().getKill();
    assertThat(kill.getKillPolicy().getGracePeriod().getNanoseconds()).isEqualTo(7);
    assertThat(kill.getReason()).isEmpty();
  }
}

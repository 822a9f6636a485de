package io.pilothouse.scheduler.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus.Reason;
import io.pilothouse.mesos.v1.scheduler.Event;
import io.pilothouse.scheduler.core.Stage.FakeAgent;
import io.pilothouse.scheduler.core.Stage.FakeFramework;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AgentsTest {
  private final Stage stage = new Stage();
  private FakeAgent agent = stage.new FakeAgent("", "");
  private FakeFramework framework = stage.new FakeFramework(new Stage.Stream(""), "", "");

  @BeforeEach
  void aTaskRuns() {
    agent = stage.agent("m1", "cpus:4;mem:1024");
    framework =
        stage.framework("'failover_timeout':600,'capabilities':[{'type':'PARTITION_AWARE'}]");
    stage.pass(0);
    framework.launch("t1", "cpus:1");
    agent.tells(framework, "t1", TaskState.TASK_RUNNING);
  }

  private void silentFor(int seconds) {
    for (int i = 0; i < seconds; i++) {
      stage.pass(1_000);
    }
  }

  @Test
  void itIsGreetedAndAskedEvery15Seconds() {
    assertThat(agent.heard().get(0).getRegistered().getPingEveryMs()).isEqualTo(15_000);
    silentFor(16);
    assertThat(agent.heard().get(agent.heard().size() - 1).hasPing()).isTrue();
  }

  @Test
  void oneThatAnswersStays() {
    for (int i = 0; i < 20; i++) {
      silentFor(15);
      agent.pong();
    }
    assertThat(stage.core.picture().agents().getAgents(0).getActive()).isTrue();
  }

  @Test
  void oneThatIsDisconnectedIsOfferedNoMoreAndItsTasksStand() {
    framework.accepted("{'type':'REVIVE'}");
    stage.pass(1_000);
    agent.detach();
    assertThat(framework.last().getType()).isEqualTo(Event.Type.RESCIND);
    silentFor(60);
    assertThat(framework.statuses()).hasSize(1);
  }

  @Test
  void after75SecondsItsTasksAreUnreachableAndEverybodyIsTold() {
    FakeFramework other = stage.framework("'failover_timeout':600");
    silentFor(80);
    assertThat(stage.said.endedAgents).containsKey(agent.link);
    assertThat(framework.lastStatus().getState()).isEqualTo(TaskState.TASK_UNREACHABLE);
    assertThat(framework.lastStatus().getReason()).isEqualTo(Reason.REASON_AGENT_REMOVED);
    assertThat(framework.lastStatus().hasUnreachableTime()).isTrue();
    assertThat(other.kinds()).contains(Event.Type.FAILURE);
    assertThat(stage.core.picture().tasks().getUnreachableTasksCount()).isEqualTo(1);
  }

  @Test
  void aTaskThatIsUnreachableIsSoWhetherOrNotItIsSaidWhereItIs() {
    silentFor(80);
    for (String on : new String[] {"", ",'agent_id':{'value':'m1-agent'}"}) {
      int before = framework.statuses().size();
      framework.accepted(
          "{'type':'RECONCILE','reconcile':{'tasks':[{'task_id':{'value':'t1'}%s}]}}"
              .formatted(on));
      assertThat(framework.statuses()).hasSize(before + 1);
      assertThat(framework.lastStatus().getState()).isEqualTo(TaskState.TASK_UNREACHABLE);
      assertThat(framework.lastStatus().getUnreachableTime().getNanoseconds()).isPositive();
    }
  }

  @Test
  void whenItIsBackItsTasksAreAsTheyAre() {
    silentFor(80);
    agent.runs(framework, "t1", TaskState.TASK_RUNNING, "cpus:1");
    agent.register();
    assertThat(framework.lastStatus().getState()).isEqualTo(TaskState.TASK_RUNNING);
    assertThat(framework.lastStatus().getReason()).isEqualTo(Reason.REASON_AGENT_REREGISTERED);
    stage.pass(1_000);
    assertThat(framework.lastOffer().getResources(0).getScalar().getValue()).isEqualTo(3);
  }

  @Test
  void aLaunchThatNeverArrivedIsDroppedWhenItsAgentRegistersWithoutIt() {
    framework.accepted("{'type':'REVIVE'}");
    stage.pass(1_000);
    framework.launch("t2", "cpus:1");
    agent.runs(framework, "t1", TaskState.TASK_RUNNING, "cpus:1");
    agent.register();
    assertThat(framework.lastStatus().getTaskId().getValue()).isEqualTo("t2");
    assertThat(framework.lastStatus().getState()).isEqualTo(TaskState.TASK_DROPPED);
    stage.pass(1_000);
    assertThat(framework.lastOffer().getResources(0).getScalar().getValue()).isEqualTo(3);
  }

  @Test
  void whatAFrameworkMissedOfItIsToldWhenItIsBack() {
    stage.streamEnds(framework);
    agent.register(); // without t1
    FakeFramework again = framework.again();
    assertThat(again.lastStatus().getState()).isEqualTo(TaskState.TASK_DROPPED);
  }

  @Test
  void aSecondStreamOfItEndsTheFirst() {
    AgentLink first = agent.link;
    agent.runs(framework, "t1", TaskState.TASK_RUNNING, "cpus:1");
    agent.register();
    assertThat(stage.said.endedAgents).containsKey(first);
    stage.core.agentDetached(first, stage.now);
    assertThat(stage.core.picture().agents().getAgents(0).getActive()).isTrue();
    assertThat(stage.core.picture().tasks().getTasks(0).getState())
        .isEqualTo(TaskState.TASK_RUNNING);
  }

  @Test
  void aMachineThatWasMadeAnewIsAnotherAgentAndTheTasksOfTheOldOneAreGone() {
    stage.new FakeAgent("m1", "another").register();
    assertThat(framework.lastStatus().getState()).isEqualTo(TaskState.TASK_GONE);
    assertThat(stage.core.picture().agents().getAgentsList())
        .extracting(each -> each.getAgentInfo().getId().getValue())
        .containsExactly("another");
  }

  @Test
  void soAreThoseOfAnAgentThatHadBeenSilentForLong() {
    silentFor(80);
    assertThat(framework.lastStatus().getState()).isEqualTo(TaskState.TASK_UNREACHABLE);
    stage.new FakeAgent("m1", "another").register();

    assertThat(framework.lastStatus().getState()).isEqualTo(TaskState.TASK_GONE);
    assertThat(framework.lastStatus().getMessage())
        .isEqualTo("Agent m1-agent on m1 is gone: the machine was made anew as agent another");
    assertThat(stage.core.picture().tasks().getUnreachableTasksCount()).isZero();
    framework.accepted(
        "{'type':'RECONCILE','reconcile':{'tasks':[{'task_id':{'value':'t1'},"
            + "'agent_id':{'value':'m1-agent'}}]}}");
    assertThat(framework.lastStatus().getState()).isEqualTo(TaskState.TASK_UNKNOWN);
    stage.pass(1_000);
    framework.launch("t1", "cpus:1");
    assertThat(stage.core.picture().tasks().getTasksCount()).as("its id is free").isEqualTo(1);
  }

  @Test
  void whatItDoesNotBringBackIsGoneEither() {
    silentFor(80);
    agent.register(); // without t1

    assertThat(framework.lastStatus().getState()).isEqualTo(TaskState.TASK_GONE);
    assertThat(framework.lastStatus().getMessage())
        .isEqualTo("Task is unknown to agent m1-agent on m1");
    assertThat(stage.core.picture().tasks().getUnreachableTasksCount()).isZero();
  }

  @Test
  void whoWasToldThatATaskIsLostIsNotToldThatItIsGone() {
    FakeFramework other = stage.framework("'failover_timeout':600");
    stage.pass(6_000);
    other.launch("t2", "cpus:1");
    silentFor(80);
    int before = other.statuses().size();
    assertThat(other.lastStatus().getState()).isEqualTo(TaskState.TASK_LOST);
    stage.new FakeAgent("m1", "another").register();

    assertThat(other.statuses()).hasSize(before);
    assertThat(stage.core.picture().tasks().getUnreachableTasksCount()).isZero();
  }

  @Test
  void tasksOfAFrameworkThatIsOverAreEnded() {
    framework.accepted("{'type':'TEARDOWN'}");
    agent.runs(framework, "t1", TaskState.TASK_RUNNING, "cpus:1");
    agent.register();
    assertThat(agent.heardKinds().toString()).isEqualTo("[REGISTERED, SHUTDOWN_FRAMEWORK]");
    agent.tells(framework, "t1", TaskState.TASK_RUNNING);
    assertThat(agent.heardKinds().toString())
        .isEqualTo("[REGISTERED, SHUTDOWN_FRAMEWORK, SHUTDOWN_FRAMEWORK]");
  }

  @Test
  void aTaskThatRunsTwiceIsKilledWhereItRunsLater() {
    FakeAgent second = stage.new FakeAgent("m2", "a2");
    second.runs(framework, "t1", TaskState.TASK_RUNNING, "cpus:1");
    second.register();
    assertThat(second.heardKinds().toString()).isEqualTo("[REGISTERED, KILL]");
  }

  @Test
  void oneWithoutANameIsRefused() {
    FakeAgent nameless = stage.new FakeAgent("", "a9");
    nameless.register();
    assertThat(stage.said.endedAgents.get(nameless.link)).contains("hostname is empty");
    FakeAgent odd = stage.new FakeAgent("m9", "a/9");
    odd.register();
    assertThat(stage.said.endedAgents.get(odd.link)).contains("'a/9' contains invalid characters");
  }

  @Test
  void aMachineWhoseShareIsChangedIsOfferedAsItIsNow() {
    framework.accepted("{'type':'REVIVE'}");
    stage.pass(1_000);
    stage.machine("m1", "cpus:8;mem:1024", true);
    assertThat(framework.last().getType()).isEqualTo(Event.Type.RESCIND);
    stage.pass(1_000);
    assertThat(framework.lastOffer().getResources(0).getScalar().getValue()).isEqualTo(7);
  }

  @Test
  void statusesOfAStreamThatHasEndedAreIgnored() {
    silentFor(80);
    int before = framework.statuses().size();
    agent.tells(framework, "t1", TaskState.TASK_FINISHED);
    assertThat(framework.statuses()).hasSize(before);
  }

  @Test
  void whileNobodyCouldBeHeardNobodyIsSilent() {
    silentFor(70);
    stage.now += 60_000;
    stage.core.paused(60_000, stage.now);
    stage.pass(0);
    assertThat(stage.core.picture().agents().getAgents(0).getActive()).isTrue();
    silentFor(20);
    assertThat(framework.lastStatus().getState()).isEqualTo(TaskState.TASK_UNREACHABLE);
  }

  @Test
  void aMachineThatIsTakenWhileItsAgentIsAwayIsEmptiedWhenItIsBackEachTime() {
    agent.detach();
    stage.machine("m1", "cpus:4;mem:1024", false, stage.now + 1_000);
    stage.pass(2_000);
    agent.runs(framework, "t1", TaskState.TASK_RUNNING, "cpus:1");
    for (int i = 0; i < 2; i++) {
      agent.register(); // what it was told on its stream before may have been lost
      stage.pass(50);
      assertThat(agent.heardKinds().toString()).isEqualTo("[REGISTERED, KILL]");
      assertThat(agent.heard().get(1).getKill().getReasonNumber())
          .isEqualTo(Reason.REASON_AGENT_DRAINING_VALUE);
      stage.pass(50);
      assertThat(agent.heard()).as("once on each stream").hasSize(2);
    }
  }
}

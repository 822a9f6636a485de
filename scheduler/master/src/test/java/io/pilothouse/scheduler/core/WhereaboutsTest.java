package io.pilothouse.scheduler.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.allocator.InverseOfferStatus;
import io.pilothouse.mesos.v1.maintenance.ClusterStatus;
import io.pilothouse.mesos.v1.maintenance.Schedule;
import io.pilothouse.scheduler.core.Stage.FakeAgent;
import io.pilothouse.scheduler.core.Stage.FakeFramework;
import io.pilothouse.scheduler.core.UnansweredException.Why;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Where sandboxes are, and which machines are taken. */
class WhereaboutsTest {
  private static final String WAITS = "'failover_timeout':60";
  private static final String COMMAND = "'command':{'value':'x'}";
  private static final String RESOURCES = "cpus:4;mem:1024";

  private final Stage stage = new Stage();
  private FakeAgent agent;
  private FakeFramework framework;

  @BeforeEach
  void aTaskRuns() {
    agent = stage.agent("m1", RESOURCES);
    framework = stage.framework(WAITS);
    stage.pass(0);
    framework.launch(framework.lastOffer(), "t1", "cpus:1;mem:32", COMMAND);
  }

  private SandboxPlace sandbox(String task, String of) {
    return stage.core.questions(stage.now).sandbox(task, of, "", "");
  }

  private SandboxPlace executor(String agentId, String of, String executor) {
    return stage.core.questions(stage.now).sandboxOfExecutor(agentId, of, executor, "");
  }

  private static void unanswered(ThrowingCallable question, Why why, String... words) {
    assertThatThrownBy(question)
        .isInstanceOfSatisfying(UnansweredException.class, e -> assertThat(e.why()).isEqualTo(why))
        .message()
        .contains(words);
  }

  @Test
  void aTaskThatRunsIsWithTheAgentThatHasIt() {
    SandboxPlace place = sandbox("t1", "");
    assertThat(place.link()).isEqualTo(agent.link);
    assertThat(place.machine()).isEqualTo("m1");
    assertThat(place.framework()).isEqualTo(framework.id);
    assertThat(place.executor()).isEqualTo("t1");
    assertThat(place.over()).isFalse();
    assertThat(executor("", framework.id, "t1").link()).isEqualTo(agent.link);
    assertThat(executor("m1-agent", framework.id, "t1").link()).isEqualTo(agent.link);
  }

  @Test
  void oneThatIsOverIsStillThere() {
    framework.acknowledge(agent, "t1", agent.tells(framework, "t1", TaskState.TASK_FINISHED));
    SandboxPlace place = sandbox("t1", framework.id);
    assertThat(place.over()).isTrue();
    assertThat(place.link()).isEqualTo(agent.link);
    assertThat(executor("", framework.id, "t1").link()).isEqualTo(agent.link);
    assertThat(stage.core.questions(stage.now).sandbox("t1", "", "", "an-earlier-run").over())
        .isTrue();
  }

  @Test
  void whatNobodyHasIsSaid() {
    unanswered(() -> sandbox("t2", ""), Why.NOT_FOUND, "no framework has a task 't2'", "'t1'?");
    unanswered(() -> sandbox("t1", "f9"), Why.NOT_FOUND, "no framework has the id or name 'f9'");
    unanswered(
        () -> executor("", framework.id, "t2"), Why.NOT_FOUND, "has no executor or task 't2'");
    unanswered(() -> executor("", "f9", "t1"), Why.NOT_FOUND, "framework 'f9' has no executor");
    unanswered(() -> executor("a9", "f9", "t1"), Why.NOT_FOUND, "no agent 'a9' is registered");
    FakeFramework other = stage.framework(WAITS);
    stage.pass(10_000);
    other.launch(other.lastOffer(), "t1", "cpus:1;mem:32", COMMAND);
    unanswered(() -> sandbox("t1", ""), Why.NOT_CLEAR, "2 frameworks have a task 't1'");
    assertThat(sandbox("t1", other.id).framework()).isEqualTo(other.id);
  }

  @Test
  void anAgentThatIsAwayCannotBeAsked() {
    agent.detach();
    unanswered(
        () -> sandbox("t1", ""),
        Why.REFUSED,
        "the agent of machine m1 is not connected: what is on its disk cannot be read now");
    stage.pass(200_000);
    unanswered(() -> sandbox("t1", ""), Why.REFUSED, "the agent of machine m1 is not registered");
    agent.register();
    assertThat(sandbox("t1", "").link()).isEqualTo(agent.link);
  }

  @Test
  void aMachineThatWasSetUpAnewHasNothingOfBefore() {
    agent.detach();
    stage.pass(200_000);
    stage.new FakeAgent("m1", "another").register();
    unanswered(
        () -> sandbox("t1", ""),
        Why.NOT_FOUND,
        "machine m1 was set up anew after task 't1'",
        "its agent is another now, and was m1-agent",
        "gone");
  }

  @Test
  void machinesThatAreTakenHaveAWindow() {
    assertThat(schedule()).isEqualTo(Schedule.getDefaultInstance());
    assertThat(status()).isEqualTo(ClusterStatus.getDefaultInstance());
    stage.machine("m2", RESOURCES, false, stage.now + 1_000);
    stage.machine("m1", RESOURCES, false, stage.now + 60_000);
    assertThat(schedule().getWindowsCount()).isEqualTo(2);
    assertThat(schedule().getWindows(0).getMachineIds(0).getHostname()).isEqualTo("m2");
    assertThat(schedule().getWindows(1).getMachineIds(0).getHostname()).isEqualTo("m1");
    assertThat(schedule().getWindows(1).getUnavailability().getStart().getNanoseconds())
        .isEqualTo((stage.now + 60_000) * 1_000_000);
    assertThat(schedule().getWindows(1).getUnavailability().hasDuration()).isFalse();
    assertThat(status().getDrainingMachinesCount()).isEqualTo(2);
    assertThat(status().getDrainingMachines(1).getStatusesCount()).isZero();
  }

  @Test
  void whatFrameworksAnsweredIsToldAndAMachineIsDownOnceNothingRunsThere() {
    long at = stage.now + 60_000;
    stage.machine("m1", RESOURCES, false, at);
    stage.pass(1_000);
    String inverse =
        framework.events().stream()
            .flatMap(each -> each.getInverseOffers().getInverseOffersList().stream())
            .map(each -> each.getId().getValue())
            .findFirst()
            .orElseThrow();
    framework.accepted(
        ("{'type':'DECLINE_INVERSE_OFFERS','decline_inverse_offers':{'inverse_offer_ids':"
                + "[{'value':'%s'}]}}")
            .formatted(inverse));
    ClusterStatus.DrainingMachine draining = status().getDrainingMachines(0);
    assertThat(draining.getId().getHostname()).isEqualTo("m1");
    assertThat(draining.getStatuses(0).getStatus()).isEqualTo(InverseOfferStatus.Status.DECLINE);
    assertThat(draining.getStatuses(0).getFrameworkId().getValue()).isEqualTo(framework.id);
    agent.pong();
    stage.pass(59_000);
    assertThat(stage.now).isGreaterThanOrEqualTo(at);
    assertThat(status().getDrainingMachinesCount()).as("its task still runs").isEqualTo(1);
    framework.acknowledge(agent, "t1", agent.tells(framework, "t1", TaskState.TASK_KILLED));
    assertThat(status().getDrainingMachinesCount()).isZero();
    assertThat(status().getDownMachines(0).getHostname()).isEqualTo("m1");
  }

  private Schedule schedule() {
    return stage.core.questions(stage.now).maintenance().schedule();
  }

  private ClusterStatus status() {
    return stage.core.questions(stage.now).maintenance().status();
  }
}

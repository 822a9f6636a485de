package io.pilothouse.scheduler.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.AgentMessage;
import io.pilothouse.api.v1.AgentRegister;
import io.pilothouse.api.v1.OfferRole;
import io.pilothouse.api.v1.OfferedResource;
import io.pilothouse.api.v1.SchedulerMessage;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.mesos.v1.TaskStatus.Reason;
import io.pilothouse.mesos.v1.scheduler.Event;
import io.pilothouse.scheduler.core.Stage.FakeAgent;
import io.pilothouse.scheduler.core.Stage.FakeFramework;
import io.pilothouse.scheduler.wire.ResourceForm;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What an agent says can be lent: who is offered it, and what becomes of it when there is less. */
class LendingTest {
  private static final String KNOWS = "'capabilities':[{'type':'REVOCABLE_RESOURCES'}]";

  private final Stage stage = new Stage();

  private static Resource revocable(double cpus) {
    return Stage.read(
        "{'name':'cpus','type':'SCALAR','scalar':{'value':%s},'revocable':{}}".formatted(cpus),
        Resource.getDefaultInstance());
  }

  /** On m1, which has been offered when this returns. */
  private FakeAgent agent(String resources) {
    FakeAgent agent = stage.agent("m1", resources);
    stage.pass(1_000);
    return agent;
  }

  private void lends(FakeAgent agent, double cpus) {
    AgentMessage.Builder message = AgentMessage.newBuilder();
    message.getOversubscribedBuilder();
    if (cpus > 0) {
      message.getOversubscribedBuilder().addResources(revocable(cpus));
    }
    agent.say(message);
    stage.pass(1_000);
  }

  private static double lent(io.pilothouse.mesos.v1.Offer offer) {
    return offer.getResourcesList().stream()
        .filter(Resource::hasRevocable)
        .mapToDouble(each -> each.getScalar().getValue())
        .sum();
  }

  private static String text(List<Resource> resources) {
    return ResourceForm.read(resources).toString();
  }

  private double metric(String name) {
    return stage.core.picture().metrics().getOrDefault("master/" + name, -1.0);
  }

  /** With as much revocable, and what it has beside. */
  private static void launch(FakeFramework framework, String task, double cpus, String beside) {
    String agent = framework.lastOffer().getAgentId().getValue();
    String lent =
        "'resources':[{'name':'cpus','type':'SCALAR','scalar':{'value':%s},'revocable':{}},"
            .formatted(cpus);
    String launch =
        Stage.launchOperation(agent, task, beside, "'command':{'value':'true'}")
            .replaceFirst("'resources':\\[", lent);
    framework.accepted(
        ("{'type':'ACCEPT','accept':{'filters':{'refuse_seconds':0},'offer_ids':[{'value':'%s'}],"
                + "'operations':[%s]}}")
            .formatted(framework.lastOffer().getId().getValue(), launch));
    assertThat(framework.statuses()).as("nothing is wrong with it").isEmpty();
  }

  @Test
  void itIsOfferedBesideTheRestToThoseWhoKnowOfThat() {
    FakeFramework plain = stage.framework();
    FakeAgent agent = agent("cpus:4;mem:512");
    lends(agent, 1.5);
    assertThat(text(plain.lastOffer().getResourcesList())).isEqualTo("cpus:4; mem:512");
    assertThat(plain.offers()).hasSize(1);

    FakeFramework knowing = stage.framework(KNOWS);
    stage.pass(1_000);
    assertThat(text(knowing.lastOffer().getResourcesList())).isEqualTo("cpus{REV}:1.5");
    assertThat(metric("cpus_total")).isEqualTo(4);
    assertThat(metric("cpus_revocable_total")).isEqualTo(1.5);
    assertThat(metric("cpus_revocable_used")).isZero();
  }

  @Test
  void moreIsOfferedAndTakesNothingBack() {
    FakeFramework framework = stage.framework(KNOWS);
    FakeAgent agent = agent("cpus:4;mem:512");
    lends(agent, 1);
    lends(agent, 1.5);
    assertThat(framework.offers()).extracting(LendingTest::lent).containsExactly(0.0, 1.0, 0.5);
    assertThat(framework.kinds()).doesNotContain(Event.Type.RESCIND);

    lends(agent, 1.5);
    assertThat(framework.offers()).as("nothing is new").hasSize(3);
  }

  @Test
  void whenThereIsLessWhatWasOfferedOfItIsTakenBackAndNothingElse() {
    FakeFramework framework = stage.framework(KNOWS);
    FakeAgent agent = agent("cpus:4;mem:512");
    lends(agent, 2);
    String own = framework.offers().get(0).getId().getValue();
    String lent = framework.offers().get(1).getId().getValue();

    lends(agent, 0.5);

    assertThat(framework.events().stream().filter(Event::hasRescind))
        .extracting(each -> each.getRescind().getOfferId().getValue())
        .containsExactly(lent)
        .doesNotContain(own);
    assertThat(lent(framework.lastOffer())).isEqualTo(0.5);
    assertThat(stage.core.picture().agents().getAgents(0).getTotalResourcesList())
        .contains(revocable(0.5));
  }

  @Test
  void tasksOnItRunOnWhenThereIsLessAndNothingOfItIsOfferedUntilItIsThereAgain() {
    FakeFramework framework = stage.framework(KNOWS);
    FakeAgent agent = agent("mem:512");
    lends(agent, 2);
    // all of the machine is one offer more: memory goes with the task
    framework.accepted(decline(framework.offers().get(0)));
    framework.accepted(decline(framework.offers().get(1)));
    stage.pass(1_000);
    launch(framework, "t1", 1.5, "mem:32");
    assertThat(metric("cpus_revocable_used")).isEqualTo(1.5);

    lends(agent, 1);
    assertThat(agent.heardKinds()).doesNotContain(SchedulerMessage.KindCase.KILL);
    assertThat(lent(framework.lastOffer())).as("more is used than there is").isZero();

    lends(agent, 2);
    assertThat(lent(framework.lastOffer())).isEqualTo(0.5);

    agent.tells(
        framework,
        "t1",
        TaskState.TASK_KILLED,
        TaskStatus.newBuilder().setReason(Reason.REASON_CONTAINER_PREEMPTED));
    stage.pass(1_000);
    assertThat(lent(framework.lastOffer())).isEqualTo(1.5);
    assertThat(framework.lastStatus().getReason()).isEqualTo(Reason.REASON_CONTAINER_PREEMPTED);
  }

  private static String decline(io.pilothouse.mesos.v1.Offer offer) {
    return "{'type':'DECLINE','decline':{'offer_ids':[{'value':'%s'}],'filters':{'refuse_seconds':0}}}"
        .formatted(offer.getId().getValue());
  }

  @Test
  void aTaskUsesOneOrTheOther() {
    FakeFramework framework = stage.framework(KNOWS);
    FakeAgent agent = stage.agent("m1", "cpus:4;mem:512");
    lends(agent, 2);
    io.pilothouse.mesos.v1.Offer offer = framework.lastOffer();
    String both =
        Stage.launchOperation(
                offer.getAgentId().getValue(), "t1", "cpus:1", "'command':{'value':'true'}")
            .replaceFirst(
                "'resources':\\[",
                "'resources':[{'name':'cpus','type':'SCALAR','scalar':{'value':1},'revocable':{}},");
    framework.accepted(
        "{'type':'ACCEPT','accept':{'offer_ids':[{'value':'%s'}],'operations':[%s]}}"
            .formatted(offer.getId().getValue(), both));
    assertThat(framework.lastStatus().getState()).isEqualTo(TaskState.TASK_ERROR);
    assertThat(framework.lastStatus().getMessage())
        .isEqualTo(
            "Task mixes revocable and non-revocable resources: Cannot use both revocable and"
                + " non-revocable 'cpus' at the same time");
  }

  @Test
  void aNewLeaderLearnsItFromTheAgentAndOffersNothingTwice() {
    FakeFramework framework = stage.framework(KNOWS);
    FakeAgent agent = agent("mem:512");
    AgentRegister.Builder register = AgentRegister.newBuilder().addOversubscribed(revocable(2));
    agent.runs(framework, "t1", TaskState.TASK_RUNNING, "mem:32");
    var task = agent.running.removeFirst().toBuilder();
    task.getTaskBuilder().addResources(revocable(1.5));
    agent.running.add(task.build());

    agent.register(register);
    stage.pass(1_000);

    assertThat(lent(framework.lastOffer())).isEqualTo(0.5);
    assertThat(metric("cpus_revocable_used")).isEqualTo(1.5);
    assertThat(metric("cpus_revocable_percent")).isEqualTo(0.75);

    agent.register();
    stage.pass(1_000);
    assertThat(lent(framework.lastOffer())).as("another agent, which lends nothing yet").isZero();
  }

  @Test
  void aLimitOfARoleDoesNotConcernIt() {
    stage.roles(
        OfferRole.newBuilder()
            .setName("batch")
            .addLimit(OfferedResource.newBuilder().setName("cpus"))
            .build());
    FakeFramework framework =
        stage.framework(KNOWS.replace("}]", "},{'type':'MULTI_ROLE'}]") + ",'roles':['batch']");
    FakeAgent agent = agent("cpus:4;mem:512");
    lends(agent, 2);
    assertThat(framework.offers().stream().mapToDouble(LendingTest::lent).sum()).isEqualTo(2);
    assertThat(
            framework.offers().stream()
                .flatMap(each -> each.getResourcesList().stream())
                .filter(each -> each.getName().equals("cpus") && !each.hasRevocable()))
        .isEmpty();
  }

  @Test
  void ofAMachineThatIsTakenNothingIsLent() {
    FakeFramework framework = stage.framework(KNOWS);
    FakeAgent agent = agent("cpus:4;mem:512");
    stage.machine("m1", "cpus:4;mem:512", false);
    int before = framework.offers().size();
    lends(agent, 2);
    assertThat(framework.offers()).hasSize(before);
    stage.machine("m1", "cpus:4;mem:512", true);
    stage.pass(1_000);
    assertThat(lent(framework.lastOffer())).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'name':'cpus','type':'SCALAR','scalar':{'value':1}}",
        "{'name':'cpus','type':'SCALAR','scalar':{'value':-1},'revocable':{}}",
        "{'name':'ports','type':'RANGES','ranges':{'range':[{'begin':1,'end':2}]},'revocable':{}}",
        "{'name':'cpus','type':'SCALAR','scalar':{'value':1},'role':'a','revocable':{}}",
        "{'name':'','type':'SCALAR','scalar':{'value':1},'revocable':{}}",
      })
  void whatCannotBeLentIsNotOffered(String resource) {
    FakeFramework framework = stage.framework(KNOWS);
    FakeAgent agent = agent("cpus:4;mem:512");
    lends(agent, 2);
    AgentMessage.Builder message = AgentMessage.newBuilder();
    message
        .getOversubscribedBuilder()
        .addResources(Stage.read(resource, Resource.getDefaultInstance()));
    agent.say(message);
    stage.pass(1_000);
    assertThat(text(stage.core.picture().agents().getAgents(0).getTotalResourcesList()))
        .isEqualTo("cpus:4; mem:512");
    assertThat(framework.kinds()).contains(Event.Type.RESCIND);
  }
}

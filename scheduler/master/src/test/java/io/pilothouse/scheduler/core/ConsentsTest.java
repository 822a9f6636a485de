package io.pilothouse.scheduler.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.AgentKill;
import io.pilothouse.api.v1.AgentRegister;
import io.pilothouse.api.v1.MachineConsent;
import io.pilothouse.api.v1.SchedulerMessage;
import io.pilothouse.mesos.v1.InverseOffer;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.scheduler.Event;
import io.pilothouse.scheduler.core.Stage.FakeAgent;
import io.pilothouse.scheduler.core.Stage.FakeFramework;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the Device Manager is told of what frameworks say to a machine's being taken. */
class ConsentsTest {
  private static final String RESOURCES = "cpus:4;mem:1024";

  private final Stage stage = new Stage();
  private final FakeAgent agent = stage.agent("m1", RESOURCES);

  private FakeFramework runs(String task) {
    FakeFramework framework = stage.framework();
    stage.pass(1_000);
    framework.launch(task, "cpus:1;mem:32");
    agent.tells(framework, task, TaskState.TASK_RUNNING);
    stage.pass(6_000); // what it did not use is offered to the next
    return framework;
  }

  private void isTaken() {
    stage.machine("m1", RESOURCES, false, stage.now + 60_000);
    stage.pass(1_000);
  }

  private List<MachineConsent> told() {
    return told(stage);
  }

  private static List<MachineConsent> told(Stage stage) {
    return stage.said.writes.stream()
        .filter(Write.SayConsent.class::isInstance)
        .map(each -> ((Write.SayConsent) each).consent())
        .toList();
  }

  private static MachineConsent.Builder consent(int frameworks, int agreed) {
    return MachineConsent.newBuilder()
        .setMachine("m1")
        .setTakenBy("repair/R-7")
        .setFrameworks(frameworks)
        .setAgreed(agreed);
  }

  private static InverseOffer asked(FakeFramework framework) {
    return framework.events().stream()
        .filter(Event::hasInverseOffers)
        .reduce((a, b) -> b)
        .orElseThrow()
        .getInverseOffers()
        .getInverseOffers(0);
  }

  private static void accepts(FakeFramework framework, String filters) {
    framework.accepted(
        ("{'type':'ACCEPT_INVERSE_OFFERS','accept_inverse_offers':{'inverse_offer_ids':"
                + "[{'value':'%s'}]%s}}")
            .formatted(asked(framework).getId().getValue(), filters));
  }

  private static void declines(FakeFramework framework) {
    framework.accepted(
        ("{'type':'DECLINE_INVERSE_OFFERS','decline_inverse_offers':{'inverse_offer_ids':"
                + "[{'value':'%s'}],'filters':{'refuse_seconds':5}}}")
            .formatted(asked(framework).getId().getValue()));
  }

  private List<AgentKill> kills() {
    return agent.heard().stream()
        .filter(SchedulerMessage::hasKill)
        .map(SchedulerMessage::getKill)
        .toList();
  }

  @Test
  void ofAMachineThatNobodyUsesItIsToldThatNothingRunsThere() {
    stage.pass(1_000);
    assertThat(told()).as("it is not taken").isEmpty();

    isTaken();
    stage.pass(1_000);

    assertThat(told()).as("once").containsExactly(consent(0, 0).build());
  }

  @Test
  void whoHasTasksThereAgreesOrDeclinesAndIsOverWhenTheyAre() {
    FakeFramework one = runs("t1");
    FakeFramework other = runs("t2");
    isTaken();
    assertThat(told()).containsExactly(consent(2, 0).build());

    accepts(one, "");
    declines(other);
    stage.pass(1_000);
    assertThat(told().getLast())
        .isEqualTo(consent(2, 1).setDeclined(1).addDeclinedNames("n").build());
    assertThat(kills()).as("what agrees has its time").isEmpty();

    agent.tells(one, "t1", TaskState.TASK_FINISHED);
    agent.tells(other, "t2", TaskState.TASK_KILLED);
    stage.pass(1_000);
    assertThat(told().getLast()).isEqualTo(consent(0, 0).build());
  }

  @Test
  void anAnswerStandsWhenTheTimeMovesAndUntilAnotherOne() {
    FakeFramework framework = runs("t1");
    isTaken();
    declines(framework);
    stage.machine("m1", RESOURCES, false, stage.now + 90_000);
    stage.pass(1_000);
    assertThat(told().getLast().getDeclined()).isEqualTo(1);

    stage.pass(6_000);
    accepts(framework, "");
    stage.pass(1_000);

    assertThat(told().getLast()).isEqualTo(consent(1, 1).build());
  }

  @Test
  void whatWasSaidToOneRepairIsNothingToTheNext() {
    FakeFramework framework = runs("t1");
    isTaken();
    accepts(framework, "");
    stage.pass(1_000);
    assertThat(told().getLast().getAgreed()).isEqualTo(1);

    stage.machine("m1", RESOURCES, true);
    stage.pass(1_000);
    isTaken();

    assertThat(told().getLast()).isEqualTo(consent(1, 0).build());
  }

  @Test
  void whoGivesItUpNowHasItsTasksEndedAndNobodyElseHas() {
    FakeFramework one = runs("t1");
    runs("t2");
    isTaken();

    accepts(one, ",'filters':{'refuse_seconds':0}");

    assertThat(kills()).extracting(each -> each.getTaskId().getValue()).containsExactly("t1");
    assertThat(kills().getFirst().getReason())
        .isEqualTo("its framework gives up machine m1, which is taken by repair/R-7");
  }

  @Test
  void nothingIsToldOfAMachineWhoseAgentIsNotHere() {
    stage.machine("m2", RESOURCES, false, stage.now + 60_000);
    stage.pass(1_000);

    assertThat(told()).isEmpty();
  }

  @Test
  void aNewLeaderTellsAnew() {
    FakeFramework framework = runs("t1");
    isTaken();
    accepts(framework, "");
    stage.pass(1_000);

    Stage later = new Stage();
    FakeAgent again = later.new FakeAgent("m1", "m1-agent");
    again.runs(framework, "t1", TaskState.TASK_RUNNING, "cpus:1;mem:32");
    later.machine("m1", RESOURCES, false, later.now + 60_000);
    later.pass(1_000);
    assertThat(told(later)).as("who comes first is not known yet").isEmpty();
    AgentRegister.Builder with = AgentRegister.newBuilder();
    with.addFrameworksBuilder().setUser("u").setName("n").getIdBuilder().setValue(framework.id);
    again.register(with);
    later.pass(1_000);

    assertThat(told(later)).containsExactly(consent(1, 0).build());
  }
}

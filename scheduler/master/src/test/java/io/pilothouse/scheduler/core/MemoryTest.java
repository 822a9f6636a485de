package io.pilothouse.scheduler.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.AgentRegister;
import io.pilothouse.api.v1.OfferAgent;
import io.pilothouse.api.v1.OfferFramework;
import io.pilothouse.api.v1.PullOfferableReply;
import io.pilothouse.api.v1.ReadOffersReply;
import io.pilothouse.mesos.v1.FrameworkInfo;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.scheduler.Event;
import io.pilothouse.scheduler.core.Stage.FakeAgent;
import io.pilothouse.scheduler.core.Stage.FakeFramework;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is written down for the next leader, what waits for it, and how a leader begins with it. */
class MemoryTest {
  private static final String OWN = "'id':{'value':'mine'},'failover_timeout':60";

  private final Stage stage = new Stage();

  private void wait(Stage with) {
    with.writesAtOnce = false;
  }

  private static List<String> kinds(Stage of) {
    return of.said.writes.stream().map(each -> each.getClass().getSimpleName()).toList();
  }

  private Write.KeepFramework kept() {
    return (Write.KeepFramework) stage.said.writes.getLast();
  }

  // ---- a new framework

  @Test
  void aFrameworkIsToldThatItIsSubscribedWhenItIsWrittenDown() {
    wait(stage);
    FakeFramework framework = stage.framework("'failover_timeout':60,'principal':'p'");
    stage.pass(20_000);
    assertThat(framework.events()).isEmpty();
    assertThat(stage.core.picture().frameworks().getFrameworksCount()).isZero();
    OfferFramework written = kept().framework();
    assertThat(written.getId()).isEqualTo("m-0000");
    assertThat(written.getName()).isEqualTo("n");
    assertThat(written.getPrincipal()).isEqualTo("p");
    assertThat(written.getRolesList()).containsExactly("*");
    assertThat(written.getFailoverTimeoutMs()).isEqualTo(60_000);
    stage.written();
    assertThat(framework.kinds()).containsExactly(Event.Type.SUBSCRIBED, Event.Type.HEARTBEAT);
    assertThat(framework.learnId().id).isEqualTo("m-0000");
    stage.written();
    assertThat(framework.kinds()).as("once").hasSize(2);
    assertThat(stage.said.writes).hasSize(1);
  }

  @Test
  void whatIsWrittenIsWhatTheNextLeaderReads() throws Exception {
    FakeFramework framework = stage.framework("'failover_timeout':60");
    FrameworkInfo info = FrameworkInfo.parseFrom(kept().framework().getInfo());
    assertThat(info.getId().getValue()).isEqualTo(framework.id);
    Stage next =
        new Stage(
            options -> options,
            ReadOffersReply.newBuilder().addFrameworks(kept().framework()).build());
    assertThat(next.core.picture().frameworks().getFrameworks(0).getFrameworkInfo())
        .isEqualTo(info);
    assertThat(next.said.writes).isEmpty();
  }

  @Test
  void oneThatSubscribesTwiceMeanwhileIsOneAndTheNewerStreamHasIt() {
    wait(stage);
    FakeFramework first = stage.framework(OWN);
    FakeFramework second = stage.framework(OWN + ",'hostname':'other'");
    assertThat(first.last().getError().getMessage()).isEqualTo("Framework failed over");
    assertThat(first.ended()).isTrue();
    assertThat(kinds(stage)).as("as it is now").containsExactly("KeepFramework", "KeepFramework");
    stage.core.streamEnded(first.stream.id(), stage.now);
    stage.written();
    assertThat(second.kinds()).containsExactly(Event.Type.SUBSCRIBED, Event.Type.HEARTBEAT);
    assertThat(first.kinds()).containsExactly(Event.Type.ERROR);
    assertThat(stage.core.picture().frameworks().getFrameworksList())
        .singleElement()
        .satisfies(each -> assertThat(each.getFrameworkInfo().getHostname()).isEqualTo("other"));
  }

  @Test
  void anotherPrincipalDoesNotGetItsIdMeanwhile() {
    wait(stage);
    FakeFramework first = stage.framework(OWN + ",'principal':'a'");
    FakeFramework thief = stage.framework(OWN + ",'principal':'b'");
    assertThat(thief.last().getError().getMessage())
        .isEqualTo("Changing framework's principal is not allowed.");
    stage.written();
    assertThat(first.kinds()).startsWith(Event.Type.SUBSCRIBED);
  }

  @Test
  void oneOfItsOwnIdWhoseStreamEndsMeanwhileMayComeAgain() {
    wait(stage);
    FakeFramework framework = stage.framework("'id':{'value':'mine'}");
    stage.core.streamEnded(framework.stream.id(), stage.now);
    stage.written();
    assertThat(framework.events()).isEmpty();
    assertThat(stage.core.picture().frameworks().getFrameworks(0).getRecovered()).isTrue();
    stage.pass(60_000); // its failover_timeout is 0, but it was never told that it is subscribed
    FakeFramework again = stage.framework("'id':{'value':'mine'}");
    assertThat(again.kinds()).startsWith(Event.Type.SUBSCRIBED);
    assertThat(stage.said.writes).hasSize(1);
  }

  @Test
  void anIdThatNobodyWasToldIsEndedAndNotGivenAgain() {
    wait(stage);
    FakeFramework framework = stage.framework("'failover_timeout':60");
    stage.core.streamEnded(framework.stream.id(), stage.now);
    stage.written();
    assertThat(kinds(stage)).containsExactly("KeepFramework", "EndFramework");
    assertThat(stage.core.picture().frameworks().getFrameworksCount()).isZero();
    FakeFramework other = stage.framework();
    stage.written();
    assertThat(other.learnId().id).isEqualTo("m-0001");
  }

  @Test
  void oneThatIsTornDownMeanwhileIsNeverSubscribed() {
    wait(stage);
    FakeFramework framework = stage.framework(OWN);
    assertThat(stage.core.tearDown("mine", stage.now)).isTrue();
    assertThat(framework.ended()).isTrue();
    stage.written();
    assertThat(framework.events()).isEmpty();
    assertThat(kinds(stage)).containsExactly("KeepFramework", "EndFramework");
    assertThat(stage.framework(OWN).last().getError().getMessage())
        .isEqualTo("Framework has been removed");
    assertThat(stage.core.tearDown("mine", stage.now)).isFalse();
  }

  @Test
  void oneWhoseTasksAnAgentTellsOfMeanwhileGetsThem() {
    wait(stage);
    FakeFramework framework = stage.framework(OWN);
    framework.id = "mine";
    FakeAgent agent = stage.new FakeAgent("m1", "a1");
    agent.runs(framework, "t1", TaskState.TASK_RUNNING, "cpus:1");
    AgentRegister.Builder register = AgentRegister.newBuilder();
    register.addFrameworksBuilder().setUser("u").setName("n").getIdBuilder().setValue("mine");
    agent.register(register);
    assertThat(stage.core.picture().frameworks().getFrameworks(0).getRecovered()).isTrue();
    stage.written();
    assertThat(framework.kinds()).startsWith(Event.Type.SUBSCRIBED);
    framework.accepted("{'type':'RECONCILE','reconcile':{}}");
    assertThat(framework.lastStatus().getState()).isEqualTo(TaskState.TASK_RUNNING);
    assertThat(stage.core.picture().frameworks().getFrameworksCount()).isEqualTo(1);
  }

  @Test
  void oneThatIsKnownFromItsTasksAloneIsWrittenDownBeforeItIsToldAnything() {
    wait(stage);
    FakeFramework framework = stage.new FakeFramework(new Stage.Stream("s"), OWN, "");
    framework.id = "mine";
    FakeAgent agent = stage.new FakeAgent("m1", "a1");
    AgentRegister.Builder register = AgentRegister.newBuilder();
    register.addFrameworksBuilder().setUser("u").setName("n").getIdBuilder().setValue("mine");
    agent.register(register);
    FakeFramework again = framework.again();
    assertThat(again.events()).isEmpty();
    stage.written();
    assertThat(again.kinds()).startsWith(Event.Type.SUBSCRIBED);
    assertThat(stage.core.picture().frameworks().getFrameworksCount()).isEqualTo(1);
  }

  @Test
  void oneThatIsKnownFromItsTasksAndTornDownMeanwhileDoesNotComeBack() {
    wait(stage);
    FakeFramework framework = stage.framework(OWN);
    AgentRegister.Builder register = AgentRegister.newBuilder();
    register.addFrameworksBuilder().setUser("u").setName("n").getIdBuilder().setValue("mine");
    stage.new FakeAgent("m1", "a1").register(register);
    assertThat(stage.core.tearDown("mine", stage.now)).isTrue();
    stage.written();
    assertThat(framework.events()).isEmpty();
    assertThat(framework.ended()).isTrue();
    assertThat(stage.core.picture().frameworks().getFrameworksCount()).isZero();
    assertThat(kinds(stage)).endsWith("EndFramework");
  }

  @Test
  void oneThatTheDeviceManagerDoesNotKeepIsToldWhy() {
    wait(stage);
    FakeFramework framework = stage.framework(OWN);
    stage.refused("name 'n' is odd");
    assertThat(framework.last().getError().getMessage())
        .isEqualTo("The Device Manager does not keep this framework: name 'n' is odd");
    assertThat(framework.ended()).isTrue();
    assertThat(stage.core.picture().frameworks().getFrameworksCount()).isZero();
    FakeFramework again = stage.framework(OWN);
    stage.written();
    assertThat(again.kinds()).startsWith(Event.Type.SUBSCRIBED);
  }

  @Test
  void oneThatIsKeptAndCannotBeTakenIsLeftOutAndMaySubscribeAnew() {
    OfferFramework sound = keptOf("'id':{'value':'sound'}");
    OfferFramework bad = keptOf("'id':{'value':'bad'}");
    FrameworkInfo.Builder info = FrameworkInfo.newBuilder().setUser("u").setName("n");
    info.addCapabilitiesBuilder().setType(FrameworkInfo.Capability.Type.MULTI_ROLE);
    info.addRoles("a/".repeat(30_000) + "a");
    Stage next =
        new Stage(
            options -> options,
            ReadOffersReply.newBuilder()
                .addFrameworks(bad.toBuilder().setInfo(info.build().toByteString()))
                .addFrameworks(sound)
                .build());
    assertThat(next.core.picture().frameworks().getFrameworksList())
        .extracting(each -> each.getFrameworkInfo().getId().getValue())
        .containsExactly("sound");
    FakeFramework again = next.framework("'id':{'value':'bad'}");
    assertThat(again.kinds()).startsWith(Event.Type.SUBSCRIBED);
  }

  private OfferFramework keptOf(String info) {
    stage.framework(info);
    return kept().framework();
  }

  @Test
  void anInfoOfMoreThan64KibibytesIsRefused() {
    String long1 = "'hostname':'" + "x".repeat(64 << 10) + "'";
    FakeFramework framework = stage.framework(long1);
    assertThat(framework.last().getError().getMessage())
        .matches("'FrameworkInfo' has \\d+ bytes: expected at most 65536, as it is written down");
    assertThat(framework.ended()).isTrue();
    assertThat(stage.said.writes).isEmpty();
    FakeFramework small = stage.framework();
    assertThat(
            small.call(
                "{'type':'UPDATE_FRAMEWORK','update_framework':{'framework_info':{'id':{'value':'"
                    + small.id
                    + "'},'user':'u','name':'n',"
                    + long1
                    + "}}}"))
        .isInstanceOf(Answer.Refused.class);
  }

  @Test
  void oneMoreThanAreKeptIsRefusedUntilOneIsTornDown() {
    Stage small = new Stage(options -> options.bounds(2, 10, 10, 10));
    wait(small);
    FakeFramework first = small.framework();
    small.framework();
    FakeFramework third = small.framework();
    assertThat(third.last().getError().getMessage())
        .startsWith("There are 2 frameworks already, as many as this scheduler keeps; tear down");
    small.written();
    first.learnId().accepted("{'type':'TEARDOWN'}");
    FakeFramework fourth = small.framework();
    small.written();
    assertThat(fourth.kinds()).startsWith(Event.Type.SUBSCRIBED);
  }

  @Test
  void whoSubscribesInALoopIsPutOff() {
    Stage many = new Stage();
    for (int i = 0; i < 1_000; i++) {
      assertThat(many.framework().kinds()).startsWith(Event.Type.SUBSCRIBED);
    }
    FakeFramework late = many.framework();
    assertThat(late.events()).as("no ERROR, on which it would give up").isEmpty();
    assertThat(late.ended()).isTrue();
    many.pass(500);
    assertThat(many.framework().kinds()).startsWith(Event.Type.SUBSCRIBED);
  }

  // ---- what changes, and what ends

  @Test
  void whatAFrameworkChangesIsWrittenBehindAndWhatItRepeatsIsNot() {
    FakeFramework framework = stage.framework(OWN);
    framework.again();
    assertThat(stage.said.writes).hasSize(1);
    wait(stage);
    String update =
        "{'type':'UPDATE_FRAMEWORK','update_framework':{'framework_info':{'id':{'value':'mine'},"
            + "'user':'u','name':'%s','failover_timeout':60}}}";
    FakeFramework again = framework.again();
    assertThat(again.call(update.formatted("n"))).isEqualTo(new Answer.Done());
    assertThat(stage.said.writes).hasSize(1);
    assertThat(again.call(update.formatted("new"))).isEqualTo(new Answer.Done());
    assertThat(kept().framework().getName()).isEqualTo("new");
    stage.refused("it is odd");
    assertThat(again.ended()).as("its tasks are not to pay for it").isFalse();
    FakeFramework back = again.again();
    assertThat(back.kinds()).as("it is still known").startsWith(Event.Type.SUBSCRIBED);
    assertThat(kept().framework().getName()).as("as it is now").isEqualTo("n");
  }

  @Test
  void whatEndsIsGoneAtOnceAndWrittenBehind() {
    FakeFramework framework = stage.framework(OWN);
    wait(stage);
    framework.accepted("{'type':'TEARDOWN'}");
    assertThat(framework.ended()).isTrue();
    Write.EndFramework end = (Write.EndFramework) stage.said.writes.getLast();
    assertThat(end.end().getId()).isEqualTo("mine");
    assertThat(end.end().getWhy()).isEqualTo("it asked for it");
  }

  // ---- agents

  @Test
  void anAgentIsOfferedWhenItIsWrittenDownAndWhatItRunsIsKnownAtOnce() {
    FakeFramework framework = stage.framework(OWN);
    wait(stage);
    stage.machine("m1", "cpus:4;mem:1024", true);
    FakeAgent agent = stage.new FakeAgent("m1", "a1");
    agent.runs(framework, "t1", TaskState.TASK_RUNNING, "cpus:1");
    agent.register();
    framework.accepted("{'type':'RECONCILE','reconcile':{}}");
    assertThat(framework.lastStatus().getState()).isEqualTo(TaskState.TASK_RUNNING);
    stage.pass(5_000);
    assertThat(framework.offers()).isEmpty();
    assertThat(stage.said.writes.getLast())
        .isEqualTo(
            new Write.KeepAgent(
                OfferAgent.newBuilder().setMachine("m1").setId("a1").setSince(1_000_000).build()));
    stage.written();
    stage.pass(50);
    assertThat(framework.lastOffer().getAgentId().getValue()).isEqualTo("a1");
    agent.register();
    assertThat(kinds(stage)).as("it is the same").containsExactly("KeepFramework", "KeepAgent");
  }

  @Test
  void anAgentThatIsNotKeptIsNeverOfferedUntilTheMachineIsOtherwise() {
    FakeFramework framework = stage.framework();
    wait(stage);
    stage.agent("m1", "cpus:4;mem:1024");
    stage.refused("there is no machine m1");
    stage.pass(5_000);
    assertThat(framework.offers()).isEmpty();
    stage.machine("m1", "cpus:8;mem:1024", true);
    stage.written();
    stage.pass(1_000);
    assertThat(framework.offers()).hasSize(1);
  }

  @Test
  void aMachineThatIsMadeAnewIsWrittenDownAnew() {
    FakeFramework framework = stage.framework();
    stage.agent("m1", "cpus:4;mem:1024");
    wait(stage);
    stage.new FakeAgent("m1", "a2").register();
    stage.pass(1_000);
    assertThat(framework.offers()).isEmpty();
    stage.written();
    stage.pass(1_000);
    assertThat(framework.lastOffer().getAgentId().getValue()).isEqualTo("a2");
  }

  @Test
  void aMachineThatIsBackInTheFleetIsWrittenDownAnew() {
    FakeFramework framework = stage.framework();
    stage.agent("m1", "cpus:4;mem:1024");
    stage.machines(PullOfferableReply.newBuilder().addGone("m1"));
    wait(stage);
    stage.machine("m1", "cpus:4;mem:1024", true);
    stage.pass(1_000);
    assertThat(framework.offers()).isEmpty();
    stage.written();
    stage.pass(1_000);
    assertThat(framework.offers()).hasSize(1);
  }

  @Test
  void aMachineThatIsGoneIsForgottenOnceItsAgentIs() {
    FakeAgent agent = stage.agent("m1", "cpus:4;mem:1024");
    stage.machines(PullOfferableReply.newBuilder().addGone("m1"));
    assertThat(kinds(stage)).as("what it runs is told of").containsExactly("KeepAgent");
    agent.detach();
    for (int i = 0; i < 80; i++) {
      stage.pass(1_000);
    }
    assertThat(stage.said.writes.getLast()).isEqualTo(new Write.ForgetMachine("m1"));
    stage.machines(PullOfferableReply.newBuilder().addGone("m1"));
    assertThat(stage.said.writes).as("once").hasSize(2);
  }
}

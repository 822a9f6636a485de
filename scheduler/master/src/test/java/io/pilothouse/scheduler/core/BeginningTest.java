package io.pilothouse.scheduler.core;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
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
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A leader begins with what an earlier one wrote down. */
class BeginningTest {
  private static final String AWARE = "'capabilities':[{'type':'PARTITION_AWARE'}]";

  private static void wait(Stage with) {
    with.writesAtOnce = false;
  }

  private static List<String> kinds(Stage of) {
    return of.said.writes.stream().map(each -> each.getClass().getSimpleName()).toList();
  }

  private static OfferFramework.Builder remembered(String id, double failover) {
    FrameworkInfo info =
        FrameworkInfo.newBuilder()
            .setUser("u")
            .setName("n")
            .setFailoverTimeout(failover)
            .addCapabilities(
                FrameworkInfo.Capability.newBuilder()
                    .setType(FrameworkInfo.Capability.Type.PARTITION_AWARE))
            .build();
    return OfferFramework.newBuilder().setId(id).setInfo(info.toByteString()).setSince(7);
  }

  private static Stage after(ReadOffersReply.Builder remembered) {
    return new Stage(options -> options.reregister(Duration.ofMinutes(10)), remembered.build());
  }

  @ParameterizedTest
  @CsvSource({"0, 600", "900, 900"})
  void aFrameworkOfBeforeIsKnownAndHasItsTimeToComeBack(double failover, int seconds) {
    Stage later = after(ReadOffersReply.newBuilder().addFrameworks(remembered("f1", failover)));
    var known = later.core.picture().frameworks().getFrameworks(0);
    assertThat(known.getRecovered()).isTrue();
    assertThat(known.getConnected()).isFalse();
    assertThat(known.getRegisteredTime().getNanoseconds()).isEqualTo(7_000_000);
    later.pass(seconds * 1_000 - 1);
    assertThat(later.core.picture().frameworks().getFrameworksCount()).isEqualTo(1);
    assertThat(later.said.writes).isEmpty();
    later.pass(1);
    assertThat(later.core.picture().frameworks().getFrameworksCount()).isZero();
    assertThat(kinds(later)).containsExactly("EndFramework");
  }

  @Test
  void aFrameworkOfBeforeComesBackAndIsOffered() {
    Stage later = after(ReadOffersReply.newBuilder().addFrameworks(remembered("f1", 60)));
    later.agent("m1", "cpus:4;mem:1024");
    FakeFramework framework =
        later.new FakeFramework(new Stage.Stream("s"), "'failover_timeout':60," + AWARE, "f1")
            .subscribe();
    assertThat(framework.kinds()).startsWith(Event.Type.SUBSCRIBED);
    later.pass(1_000);
    assertThat(framework.offers()).hasSize(1);
    assertThat(kinds(later)).as("it is as it was").containsExactly("KeepAgent");
  }

  @Test
  void aFrameworkThatEndedIsRefusedAndItsTasksAreEnded() {
    Stage later =
        after(
            ReadOffersReply.newBuilder()
                .addFrameworks(remembered("f1", 60).setEndedAt(900_000).setEndedWhy("so")));
    assertThat(later.core.picture().frameworks().getFrameworksCount()).isZero();
    assertThat(
            later
                .core
                .picture()
                .frameworks()
                .getCompletedFrameworks(0)
                .getUnregisteredTime()
                .getNanoseconds())
        .isEqualTo(900_000_000_000L);
    FakeFramework framework = later.new FakeFramework(new Stage.Stream("s"), "", "f1").subscribe();
    assertThat(framework.last().getError().getMessage()).isEqualTo("Framework has been removed");
    FakeAgent agent = later.new FakeAgent("m1", "a1");
    agent.runs(framework, "t1", TaskState.TASK_RUNNING, "cpus:1");
    AgentRegister.Builder register = AgentRegister.newBuilder();
    register.addFrameworksBuilder().setUser("u").setName("n").getIdBuilder().setValue("f1");
    agent.register(register);
    assertThat(agent.heardKinds().toString()).isEqualTo("[REGISTERED, SHUTDOWN_FRAMEWORK]");
  }

  @Test
  void whatIsKeptOfAFrameworkAndCannotBeReadStopsNobodyElse() {
    Stage later =
        after(
            ReadOffersReply.newBuilder()
                .addFrameworks(
                    OfferFramework.newBuilder().setId("f0").setInfo(ByteString.copyFromUtf8("x")))
                .addFrameworks(remembered("f1", 60)));
    assertThat(later.core.picture().frameworks().getFrameworksCount()).isEqualTo(1);
  }

  private static ReadOffersReply.Builder oneAgent() {
    return ReadOffersReply.newBuilder()
        .addAgents(OfferAgent.newBuilder().setMachine("m1").setId("a1"));
  }

  /** Until nobody comes any more that is not in the list. */
  private static void lives(Stage stage, FakeAgent agent) {
    stage.pass(40_000);
    agent.pong();
    stage.pass(40_000);
    agent.pong();
  }

  private static void reconcile(FakeFramework framework, String agent) {
    framework.accepted(
        "{'type':'RECONCILE','reconcile':{'tasks':[{'task_id':{'value':'t1'}%s}]}}"
            .formatted(agent.isEmpty() ? "" : ",'agent_id':{'value':'" + agent + "'}"));
  }

  @Test
  void ofATaskOnAnAgentThatMayComeNothingIsSaidUntilItsTimeIsOver() {
    Stage later = after(oneAgent());
    later.machine("m1", "cpus:4;mem:1024", true);
    FakeFramework framework = later.framework(AWARE);
    reconcile(framework, "a1");
    reconcile(framework, "");
    reconcile(framework, "a9");
    later.pass(74_999);
    reconcile(framework, "a9");
    assertThat(framework.statuses()).as("the list may be an old one").isEmpty();
    later.pass(1);
    reconcile(framework, "a9");
    assertThat(framework.lastStatus().getState()).isEqualTo(TaskState.TASK_UNKNOWN);
    later.pass(524_999);
    reconcile(framework, "a1");
    assertThat(framework.statuses()).hasSize(1);
    later.pass(1);
    assertThat(framework.last().getFailure().getAgentId().getValue()).isEqualTo("a1");
    reconcile(framework, "a1");
    assertThat(framework.lastStatus().getState()).isEqualTo(TaskState.TASK_UNREACHABLE);
    assertThat(framework.lastStatus().getUnreachableTime().getNanoseconds())
        .isEqualTo(later.now * 1_000_000);
    reconcile(framework, "");
    assertThat(framework.lastStatus().getState()).isEqualTo(TaskState.TASK_UNKNOWN);
    assertThat(later.said.writes).as("the machine is still there").hasSize(1);
  }

  @Test
  void whileNobodyCouldComeNobodysTimePasses() {
    Stage later = after(oneAgent());
    FakeFramework framework = later.framework(AWARE);
    later.now += 600_000;
    later.core.paused(600_000, later.now);
    later.pass(0);
    reconcile(framework, "a1");
    assertThat(framework.statuses()).isEmpty();
  }

  @Test
  void anAgentThatIsBackAnswersForItsTasksAndIsOfferedAtOnce() {
    Stage later = after(oneAgent());
    later.machine("m1", "cpus:4;mem:1024", true);
    FakeFramework framework = later.framework(AWARE);
    wait(later);
    FakeAgent agent = later.new FakeAgent("m1", "a1");
    agent.register();
    reconcile(framework, "a1");
    assertThat(framework.lastStatus().getState()).isEqualTo(TaskState.TASK_GONE);
    lives(later, agent);
    reconcile(framework, "");
    assertThat(framework.lastStatus().getState()).isEqualTo(TaskState.TASK_UNKNOWN);
    later.pass(1_000);
    assertThat(framework.offers()).as("it is written down already").hasSize(1);
  }

  @Test
  void theAgentOfAMachineThatWasMadeAnewIsNotWaitedFor() {
    Stage later = after(oneAgent());
    later.machine("m1", "cpus:4;mem:1024", true);
    FakeFramework framework = later.framework(AWARE);
    FakeAgent agent = later.new FakeAgent("m1", "a2");
    agent.register();
    lives(later, agent);
    reconcile(framework, "a1");
    assertThat(framework.lastStatus().getState()).isEqualTo(TaskState.TASK_UNKNOWN);
    later.pass(600_000);
    assertThat(framework.events())
        .noneMatch(each -> each.getFailure().getAgentId().getValue().equals("a1"));
  }

  @Test
  void anAgentOfAMachineThatIsNoLongerInTheFleetHasItsTimeAndIsForgotten() {
    Stage later = after(oneAgent());
    later.machines(PullOfferableReply.newBuilder().setFull(true));
    assertThat(later.said.writes).isEmpty();
    later.pass(600_000);
    assertThat(later.said.writes).containsExactly(new Write.ForgetMachine("m1"));
  }

  // ---- an agent's word

  private static AgentRegister.Builder telling(String... infos) {
    AgentRegister.Builder register = AgentRegister.newBuilder();
    for (String each : infos) {
      register.addFrameworks(
          Stage.read(
              "{'user':'u','name':'n','id':{'value':'" + each + "}",
              FrameworkInfo.getDefaultInstance()));
    }
    return register;
  }

  @Test
  void aFrameworkOfWhichNothingRunsIsNotKnownByAnAgentsWordAndNoneIsWrittenDown() {
    Stage stage = new Stage();
    FakeAgent agent = stage.new FakeAgent("m1", "a1");
    agent.runs(
        stage.new FakeFramework(new Stage.Stream("s"), "", "f1"),
        "t1",
        TaskState.TASK_RUNNING,
        "cpus:1");
    agent.register(telling("f1'}", "f2'}"));
    assertThat(stage.core.picture().frameworks().getFrameworksList())
        .singleElement()
        .satisfies(each -> assertThat(each.getFrameworkInfo().getId().getValue()).isEqualTo("f1"));
    assertThat(kinds(stage)).doesNotContain("KeepFramework");
  }

  @Test
  void aFrameworkThatAnAgentTellsOfAndCannotBeIsNone() {
    Stage stage = new Stage();
    FakeAgent agent = stage.new FakeAgent("m1", "a1");
    agent.runs(
        stage.new FakeFramework(new Stage.Stream("s"), "", "f1"),
        "t1",
        TaskState.TASK_RUNNING,
        "cpus:1");
    agent.register(
        telling(
            "f1'},'offer_filters':{'*':{'min_allocatable_resources':{'quantities':[{'quantities':"
                + "{'cpus':{'value':-1}}}]}}}"));
    assertThat(stage.core.picture().frameworks().getFrameworksCount()).isZero();
    assertThat(agent.heardKinds().toString()).isEqualTo("[REGISTERED, SHUTDOWN_FRAMEWORK]");
  }

  @Test
  void anIdThatIsAnothersAgentsIsRefused() {
    Stage later = after(oneAgent());
    FakeAgent copy = later.new FakeAgent("m2", "a1");
    copy.register();
    assertThat(later.said.endedAgents.get(copy.link)).contains("'a1' is the agent of m1");
    FakeAgent own = later.new FakeAgent("m1", "a1");
    own.register();
    assertThat(later.said.endedAgents).doesNotContainKey(own.link);
    copy.register();
    assertThat(later.said.endedAgents.get(copy.link)).contains("'a1' is the agent of m1");
  }

  @Test
  void anIdOfAnAgentThatWasGivenUpIsItsOwn() {
    Stage later = after(oneAgent());
    later.machine("m1", "cpus:4;mem:1024", true);
    later.pass(600_000);
    later.pass(1_000);
    FakeAgent copy = later.new FakeAgent("m2", "a1").register();
    assertThat(later.said.endedAgents.get(copy.link)).contains("'a1' is the agent of m1");
    FakeAgent own = later.new FakeAgent("m1", "a1").register();
    assertThat(own.heardKinds().toString()).isEqualTo("[REGISTERED]");
  }

  @Test
  void anIdOfAnAgentThatFellSilentIsItsOwn() {
    Stage stage = new Stage();
    FakeAgent own = stage.agent("m1", "cpus:4;mem:1024");
    for (int i = 0; i < 80; i++) {
      stage.pass(1_000);
    }
    assertThat(stage.said.endedAgents).containsKey(own.link);
    FakeAgent copy = stage.new FakeAgent("m2", own.id).register();
    assertThat(stage.said.endedAgents.get(copy.link)).contains("'m1-agent' is the agent of m1");
    assertThat(stage.core.picture().agents().getAgentsCount()).isZero();
  }
}

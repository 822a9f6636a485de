package io.pilothouse.scheduler.core;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.pilothouse.api.v1.AgentRegister;
import io.pilothouse.api.v1.AgentVolume;
import io.pilothouse.api.v1.AgentVolumes;
import io.pilothouse.api.v1.OfferAgent;
import io.pilothouse.api.v1.PullOfferableReply;
import io.pilothouse.api.v1.ReadOffersReply;
import io.pilothouse.api.v1.RunningTask;
import io.pilothouse.api.v1.SchedulerMessage;
import io.pilothouse.mesos.v1.FrameworkID;
import io.pilothouse.mesos.v1.Offer;
import io.pilothouse.mesos.v1.OperationState;
import io.pilothouse.mesos.v1.OperationStatus;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.TaskID;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.mesos.v1.TaskStatus.Reason;
import io.pilothouse.mesos.v1.scheduler.Event;
import io.pilothouse.scheduler.allocator.resources.Reserved;
import io.pilothouse.scheduler.allocator.resources.Resources;
import io.pilothouse.scheduler.core.Stage.FakeAgent;
import io.pilothouse.scheduler.core.Stage.FakeFramework;
import io.pilothouse.scheduler.wire.ResourceForm;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Frameworks and operators reserve and make volumes; the next leader knows. */
class ReservationsTest {
  private static final String DB =
      "'id':{'value':'db-1'},'failover_timeout':600,'roles':['db'],'capabilities':["
          + "{'type':'MULTI_ROLE'},{'type':'RESERVATION_REFINEMENT'},{'type':'PARTITION_AWARE'}]";

  private static final String CPUS = reserved("cpus", 1, "");
  private static final String DISK = reserved("disk", 100, "");
  private static final String VOLUME = volume("v1", 100);

  private Stage stage = new Stage();

  private static String reserved(String name, int amount, String more) {
    return ("{'name':'%s','type':'SCALAR','scalar':{'value':%d},"
            + "'reservations':[{'type':'DYNAMIC','role':'db'}]%s}")
        .formatted(name, amount, more);
  }

  private static String volume(String id, int amount) {
    return volume(id, amount, "data");
  }

  private static String volume(String id, int amount, String path) {
    return reserved(
        "disk",
        amount,
        ",'disk':{'persistence':{'id':'%s'},'volume':{'container_path':'%s','mode':'RW'}}"
            .formatted(id, path));
  }

  private static String op(String type, String id, String what) {
    return "{'type':'%s'%s,'%s':%s}"
        .formatted(
            type,
            id.isEmpty() ? "" : ",'id':{'value':'" + id + "'}",
            type.toLowerCase(Locale.ROOT),
            what);
  }

  private static String reserve(String id, String... resources) {
    return op("RESERVE", id, "{'resources':[" + String.join(",", resources) + "]}");
  }

  private static String unreserve(String id, String... resources) {
    return op("UNRESERVE", id, "{'resources':[" + String.join(",", resources) + "]}");
  }

  private static String create(String id, String... volumes) {
    return op("CREATE", id, "{'volumes':[" + String.join(",", volumes) + "]}");
  }

  private static String destroy(String id, String... volumes) {
    return op("DESTROY", id, "{'volumes':[" + String.join(",", volumes) + "]}");
  }

  private static String launch(String task, String... resources) {
    return ("{'type':'LAUNCH','launch':{'task_infos':[{'name':'t','task_id':{'value':'%s'},"
            + "'agent_id':{'value':'m1-agent'},'resources':[%s],'command':{'value':'x'}}]}}")
        .formatted(task, String.join(",", resources));
  }

  private FakeFramework framework() {
    FakeFramework framework = stage.framework(DB);
    framework.id = "db-1";
    stage.pass(1_000);
    return framework;
  }

  private void accepts(FakeFramework framework, String... operations) {
    framework.accepted(
        ("{'type':'ACCEPT','accept':{'offer_ids':[{'value':'%s'}],'filters':{'refuse_seconds':0},"
                + "'operations':[%s]}}")
            .formatted(framework.lastOffer().getId().getValue(), String.join(",", operations)));
  }

  private static List<OperationStatus> told(FakeFramework framework) {
    return framework.events().stream()
        .filter(Event::hasUpdateOperationStatus)
        .map(event -> event.getUpdateOperationStatus().getStatus())
        .toList();
  }

  private static List<String> states(FakeFramework framework) {
    return told(framework).stream()
        .map(each -> each.getOperationId().getValue() + " " + each.getState().name().substring(10))
        .toList();
  }

  private static Resources offered(FakeFramework framework) {
    return ResourceForm.read(framework.lastOffer().getResourcesList());
  }

  private static Resources read(String... resources) {
    List<Resource> all = new ArrayList<>();
    for (String each : resources) {
      all.add(Stage.read(each, Resource.getDefaultInstance()));
    }
    return ResourceForm.read(all);
  }

  private Resources total() {
    return ResourceForm.read(stage.core.picture().agents().getAgents(0).getTotalResourcesList());
  }

  private OfferAgent written() {
    return ((Write.KeepAgent) stage.said.writes.getLast()).agent();
  }

  private static List<AgentVolumes> volumes(FakeAgent agent) {
    return agent.heard().stream()
        .filter(SchedulerMessage::hasVolumes)
        .map(SchedulerMessage::getVolumes)
        .toList();
  }

  private FakeAgent agent() {
    return stage.agent("m1", "cpus:4;mem:1024;disk:1000");
  }

  /** What a new leader reads, and the agents that come to it. */
  private void nextLeader() {
    ReadOffersReply.Builder remembered = ReadOffersReply.newBuilder();
    for (Write each : stage.said.writes) {
      if (each instanceof Write.KeepFramework keep) {
        remembered.addFrameworks(keep.framework());
      } else if (each instanceof Write.KeepAgent keep) {
        remembered.clearAgents().addAgents(keep.agent());
      }
    }
    Stage next = new Stage(options -> options, remembered.build());
    next.now = stage.now;
    stage = next;
  }

  // ---- one ACCEPT

  @Test
  void whatIsMadeAndLaunchedInOneAcceptGoesOnWhenItIsWrittenDown() {
    FakeAgent agent = agent();
    FakeFramework framework = framework();
    stage.writesAtOnce = false;
    int heard = agent.heard().size();
    accepts(
        framework,
        reserve("r", CPUS, DISK),
        create("c", VOLUME),
        launch("t1", CPUS, VOLUME),
        reserve("", reserved("mem", 10, "")));
    stage.pass(2_000);
    assertThat(agent.heard()).as("nothing that the next leader would not know").hasSize(heard);
    assertThat(told(framework)).isEmpty();
    assertThat(framework.offers()).hasSize(1);
    assertThat(total())
        .as("it counts at once")
        .isEqualTo(
            Resources.parse("cpus:3;mem:1014;disk:900")
                .plus(read(CPUS, VOLUME, reserved("mem", 10, ""))));
    stage.written(); // the first
    stage.written(); // all that came meanwhile, as one
    assertThat(stage.said.writes).filteredOn(Write.KeepAgent.class::isInstance).hasSize(3);
    assertThat(agent.heardKinds().subList(heard, agent.heard().size()))
        .containsExactly(SchedulerMessage.KindCase.VOLUMES, SchedulerMessage.KindCase.LAUNCH);
    AgentVolume made = volumes(agent).getLast().getVolumes(0);
    assertThat(made.getRole()).isEqualTo("db");
    assertThat(made.getId()).isEqualTo("v1");
    assertThat(made.getInstance()).isNotEmpty();
    assertThat(states(framework)).containsExactly("r FINISHED", "c FINISHED");
    assertThat(told(framework))
        .allSatisfy(
            status -> {
              assertThat(status.getUuid().getValue().size()).isEqualTo(16);
              assertThat(status.getAgentId().getValue()).isEqualTo("m1-agent");
            });
    stage.pass(1_000);
    assertThat(offered(framework))
        .isEqualTo(Resources.parse("cpus:3;mem:1014;disk:900").plus(read(reserved("mem", 10, ""))));
  }

  @Test
  void aVolumeOutlivesItsTaskAndIsOfferedAsItWasMade() {
    FakeAgent agent = agent();
    FakeFramework framework = framework();
    accepts(
        framework,
        reserve("", CPUS, DISK),
        create("", VOLUME),
        launch("t1", CPUS, volume("v1", 100, "elsewhere")));
    assertThat(agent.heard().getLast().getLaunch().getTasks(0).getResources(1).getDisk())
        .as("as the task wants it")
        .satisfies(d -> assertThat(d.getVolume().getContainerPath()).isEqualTo("elsewhere"));
    agent.tells(framework, "t1", TaskState.TASK_FINISHED);
    stage.pass(1_000);
    assertThat(offered(framework))
        .isEqualTo(Resources.parse("cpus:3;mem:1024;disk:900").plus(read(CPUS, VOLUME)));
    assertThat(
            framework.lastOffer().getResourcesList().stream()
                .filter(each -> each.getDisk().hasPersistence())
                .map(each -> each.getDisk().getVolume().getContainerPath()))
        .containsExactly("data");
  }

  @Test
  void othersAreNotOfferedWhatIsReserved() {
    agent();
    FakeFramework framework = framework();
    accepts(framework, reserve("", CPUS, DISK));
    framework.accepted("{'type':'SUPPRESS'}");
    stage.streamEnds(framework);
    FakeFramework other = stage.framework("'role':'web'");
    stage.pass(1_000);
    assertThat(offered(other)).isEqualTo(Resources.parse("cpus:3;mem:1024;disk:900"));
    assertThat(stage.core.questions(stage.now).roles())
        .filteredOn(role -> role.name().equals("db"))
        .singleElement()
        .satisfies(role -> assertThat(role.reserved()).isEqualTo(read(CPUS, DISK)));
  }

  @Test
  void operationsAreUndoneInTheOrderInWhichTheyStand() {
    FakeAgent agent = agent();
    FakeFramework framework = framework();
    accepts(framework, reserve("", DISK), create("", VOLUME));
    AgentVolume first = volumes(agent).getLast().getVolumes(0);
    stage.pass(1_000);
    accepts(
        framework,
        op("SHRINK_VOLUME", "s", "{'volume':" + VOLUME + ",'subtract':{'value':40}}"),
        op(
            "GROW_VOLUME",
            "g",
            "{'volume':" + volume("v1", 60) + ",'addition':" + reserved("disk", 10, "") + "}"));
    assertThat(total())
        .isEqualTo(
            Resources.parse("cpus:4;mem:1024;disk:900")
                .plus(read(volume("v1", 70), reserved("disk", 30, ""))));
    assertThat(volumes(agent)).as("the same, only larger or smaller").hasSize(1);
    stage.pass(1_000);
    accepts(
        framework,
        destroy("d", volume("v1", 70)),
        create("again", volume("v1", 70)),
        unreserve("u", reserved("disk", 30, "")));
    assertThat(states(framework))
        .containsExactly("s FINISHED", "g FINISHED", "d FINISHED", "again FINISHED", "u FINISHED");
    AgentVolumes then = volumes(agent).getLast();
    assertThat(volumes(agent).stream().flatMap(each -> each.getDestroyedList().stream()))
        .containsExactly(first);
    assertThat(then.getVolumes(0).getInstance())
        .as("what the first one held is not the second one's")
        .isNotEqualTo(first.getInstance());
    assertThat(total())
        .isEqualTo(Resources.parse("cpus:4;mem:1024;disk:930").plus(read(volume("v1", 70))));
  }

  @Test
  void whatCannotBeDoneIsAnErrorToWhoGaveAnIdAndTheRestIsDone() {
    agent();
    FakeFramework framework = framework();
    accepts(
        framework,
        reserve("much", reserved("cpus", 5, "")),
        reserve("", reserved("cpus", 5, "")),
        reserve(
            "",
            "{'name':'cpus','type':'SET','set':{'item':['a']},'reservations':[{'type':'DYNAMIC',"
                + "'role':'db'}]}"),
        create("none", VOLUME),
        reserve("a/b", CPUS),
        reserve("fine", CPUS),
        reserve("fine", CPUS),
        op("CREATE_DISK", "disk", "{'source':" + DISK + ",'target_type':'MOUNT'}"));
    assertThat(states(framework))
        .containsExactly(
            "much ERROR", "none ERROR", "a/b ERROR", "fine ERROR", "disk ERROR", "fine FINISHED");
    assertThat(told(framework).stream().map(OperationStatus::getMessage))
        .contains(
            "'cpus:4; disk:1000; mem:1024' does not contain 'cpus:5'",
            "Operation has duplicate ID: fine",
            "Invalid operation ID: 'a/b' contains invalid characters");
    assertThat(told(framework).getFirst().hasUuid()).as("nothing to acknowledge").isFalse();
    assertThat(total()).isEqualTo(Resources.parse("cpus:3;mem:1024;disk:1000").plus(read(CPUS)));
  }

  @Test
  void aFrameworkThatKnowsNoRefinementSpeaksTheOlderFormat() {
    agent();
    FakeFramework framework = stage.framework("'role':'db','failover_timeout':600");
    stage.pass(1_000);
    accepts(
        framework,
        reserve(
            "r",
            "{'name':'cpus','type':'SCALAR','scalar':{'value':1},'role':'db','reservation':{}}"));
    assertThat(states(framework)).containsExactly("r FINISHED");
    assertThat(total().contains(read(CPUS))).isTrue();
    stage.pass(1_000);
    assertThat(framework.lastOffer().getResourcesList().stream().filter(Resource::hasReservation))
        .singleElement()
        .satisfies(each -> assertThat(each.getReservationsCount()).isZero());
  }

  // ---- what is not written down

  @Test
  void whatTheDeviceManagerDoesNotKeepIsAsIfItHadNeverBeen() {
    FakeAgent agent = agent();
    FakeFramework framework = framework();
    accepts(framework, reserve("first", DISK));
    stage.pass(1_000);
    stage.writesAtOnce = false;
    accepts(framework, create("c", VOLUME), reserve("r", CPUS), launch("t1", CPUS, VOLUME));
    int heard = agent.heard().size();
    stage.refused("what is reserved on m1 is too much");
    assertThat(states(framework)).containsExactly("first FINISHED", "c DROPPED", "r DROPPED");
    assertThat(told(framework).getLast().getMessage())
        .isEqualTo("The Device Manager does not keep it: what is reserved on m1 is too much");
    assertThat(framework.lastStatus().getState()).isEqualTo(TaskState.TASK_DROPPED);
    assertThat(framework.lastStatus().getReason()).isEqualTo(Reason.REASON_RESOURCES_UNKNOWN);
    assertThat(agent.heard()).hasSize(heard);
    Resources before = Resources.parse("cpus:4;mem:1024;disk:900").plus(read(DISK));
    assertThat(total()).isEqualTo(before);
    stage.pass(1_000);
    assertThat(offered(framework)).isEqualTo(before);
  }

  @Test
  void aTaskThatIsKilledBeforeItsAgentKnowsItIsKilledThere() {
    FakeAgent agent = agent();
    FakeFramework framework = framework();
    stage.writesAtOnce = false;
    accepts(framework, reserve("", CPUS), launch("t1", CPUS), launch("t2", CPUS));
    framework.accepted("{'type':'KILL','kill':{'task_id':{'value':'t1'}}}");
    stage.written();
    List<SchedulerMessage.KindCase> kinds = agent.heardKinds();
    assertThat(kinds.subList(kinds.indexOf(SchedulerMessage.KindCase.LAUNCH), kinds.size()))
        .containsExactly(SchedulerMessage.KindCase.LAUNCH, SchedulerMessage.KindCase.KILL);
    assertThat(framework.lastStatus().getMessage()).contains("more than available");
  }

  @Test
  void anAgentThatComesAgainMeanwhileIsNotToldOfWhatItLost() {
    FakeAgent agent = agent();
    FakeFramework framework = framework();
    stage.writesAtOnce = false;
    accepts(framework, reserve("r", CPUS), launch("t1", CPUS));
    agent.register();
    assertThat(framework.lastStatus().getState()).isEqualTo(TaskState.TASK_DROPPED);
    stage.written();
    assertThat(agent.heardKinds()).doesNotContain(SchedulerMessage.KindCase.LAUNCH);
    assertThat(states(framework)).containsExactly("r FINISHED");
    stage.pass(1_000);
    assertThat(offered(framework))
        .isEqualTo(Resources.parse("cpus:3;mem:1024;disk:1000").plus(read(CPUS)));
  }

  @Test
  void whatAnAgentCannotHoldInWritingIsRefused() {
    agent();
    FakeFramework framework = framework();
    String labels = "x".repeat(66_000);
    accepts(
        framework,
        reserve(
            "r",
            "{'name':'cpus','type':'SCALAR','scalar':{'value':1},'reservations':[{'type':'DYNAMIC',"
                + "'role':'db','labels':{'labels':[{'key':'k','value':'"
                + labels
                + "'}]}}]}"));
    assertThat(states(framework)).containsExactly("r ERROR");
    assertThat(told(framework).getFirst().getMessage())
        .matches(
            "what is reserved on this agent would take 66\\d+ bytes to describe; expected at most"
                + " 65536");
    assertThat(total()).isEqualTo(Resources.parse("cpus:4;mem:1024;disk:1000"));
  }

  // ---- leaders change

  @Test
  void theNextLeaderOffersWhatIsReservedAndTellsWhatWasNotAcknowledged() {
    FakeAgent first = agent();
    FakeFramework framework = framework();
    accepts(framework, reserve("r", CPUS, DISK), create("c", VOLUME));
    AgentVolume made = volumes(first).getLast().getVolumes(0);
    acknowledges(framework, told(framework).getFirst());
    assertThat(Holdings.parse(written().getHeld()).operations()).hasSize(1);
    nextLeader();
    framework = stage.framework(DB);
    framework.id = "db-1";
    assertThat(states(framework)).containsExactly("c FINISHED");
    FakeAgent agent = agent();
    assertThat(volumes(agent))
        .singleElement()
        .satisfies(list -> assertThat(list.getVolumesList()).containsExactly(made));
    stage.pass(1_000);
    assertThat(offered(framework))
        .isEqualTo(Resources.parse("cpus:3;mem:1024;disk:900").plus(read(CPUS, VOLUME)));
    accepts(framework, launch("t1", CPUS, VOLUME));
    assertThat(agent.heardKinds()).endsWith(SchedulerMessage.KindCase.LAUNCH);
    acknowledges(framework, told(framework).getFirst());
    assertThat(Holdings.parse(written().getHeld()).operations()).isEmpty();
    stage.pass(700_000);
    assertThat(told(framework)).hasSize(1);
  }

  @Test
  void anAgentThatIsLostAndComesBackHasWhatWasReserved() {
    FakeAgent agent = agent();
    FakeFramework framework = framework();
    accepts(framework, reserve("", DISK), create("", VOLUME));
    agent.detach();
    for (int i = 0; i < 80; i++) {
      stage.pass(1_000);
    }
    assertThat(stage.core.picture().agents().getAgentsCount()).isZero();
    agent.register();
    stage.pass(1_000);
    assertThat(offered(framework))
        .isEqualTo(Resources.parse("cpus:4;mem:1024;disk:900").plus(read(VOLUME)));
  }

  @Test
  void aMachineThatWasOutOfTheFleetHasWhatWasReserved() {
    FakeAgent agent = agent();
    FakeFramework framework = framework();
    accepts(framework, reserve("", DISK), create("", VOLUME));
    AgentVolume made = volumes(agent).getLast().getVolumes(0);
    stage.machines(PullOfferableReply.newBuilder().addGone("m1"));
    agent.detach();
    for (int i = 0; i < 80; i++) {
      stage.pass(1_000);
    }
    assertThat(stage.said.writes.getLast()).isEqualTo(new Write.ForgetMachine("m1"));
    stage.writesAtOnce = false;
    stage.machine("m1", "cpus:4;mem:1024;disk:1000", true);
    agent.register();
    stage.pass(1_000);
    assertThat(volumes(agent)).as("it may have gone with its machine").isEmpty();
    assertThat(Holdings.parse(written().getHeld()).volumes()).containsExactly(made);
    stage.written();
    assertThat(volumes(agent).getLast().getVolumesList()).containsExactly(made);
    stage.pass(1_000);
    assertThat(offered(framework))
        .isEqualTo(Resources.parse("cpus:4;mem:1024;disk:900").plus(read(VOLUME)));
  }

  @Test
  void aMachineThatIsMadeAnewHasLostWhatWasReserved() {
    agent();
    FakeFramework framework = framework();
    accepts(framework, reserve("r", DISK), create("c", VOLUME));
    FakeAgent anew = stage.new FakeAgent("m1", "m1-other").register();
    stage.pass(1_000);
    assertThat(offered(framework)).isEqualTo(Resources.parse("cpus:4;mem:1024;disk:1000"));
    assertThat(volumes(anew)).isEmpty();
    assertThat(written().getHeld().isEmpty()).isTrue();
    stage.pass(20_000);
    assertThat(states(framework)).as("it is not told again").hasSize(2);
  }

  @Test
  void whatCannotBeReadIsNotOfferedAndNotOverwritten() {
    agent();
    ReadOffersReply damaged =
        ReadOffersReply.newBuilder()
            .addAgents(
                OfferAgent.newBuilder()
                    .setMachine("m1")
                    .setId("m1-agent")
                    .setHeld(ByteString.copyFromUtf8("no message")))
            .build();
    stage = new Stage(options -> options, damaged);
    FakeFramework framework = framework();
    agent();
    stage.pass(1_000);
    assertThat(framework.offers()).isEmpty();
    assertThat(stage.said.writes).noneMatch(Write.KeepAgent.class::isInstance);
    stage.new FakeAgent("m1", "m1-other").register();
    stage.pass(1_000);
    assertThat(framework.offers()).hasSize(1);
  }

  @Test
  void aTypeThatOffersLessThanIsReservedOffersNoMoreThanItSays() {
    FakeAgent agent = agent();
    FakeFramework framework = framework();
    accepts(framework, reserve("", DISK, reserved("cpus", 3, "")), create("", volume("v1", 60)));
    stage.pass(1_000);
    stage.machine("m1", "cpus:2;mem:1024;disk:80", true);
    stage.pass(1_000);
    assertThat(offered(framework))
        .isEqualTo(
            Resources.parse("mem:1024")
                .plus(read(reserved("cpus", 2, ""), volume("v1", 60), reserved("disk", 20, ""))));
    accepts(framework, launch("t1", reserved("cpus", 2, ""), volume("v1", 60)));
    stage.machine("m1", "cpus:1;mem:1024;disk:10", true);
    stage.pass(1_000);
    assertThat(Reserved.of(offered(framework)).isEmpty()).isTrue();
    agent.tells(framework, "t1", TaskState.TASK_FINISHED);
    stage.pass(1_000);
    assertThat(offered(framework).contains(read(volume("v1", 60)))).isFalse();
    assertThat(operate(destroy("", volume("v1", 60)))).isEqualTo(new Answer.Accepted());
    assertThat(operate(unreserve("", DISK))).isEqualTo(new Answer.Accepted());
    assertThat(operate(unreserve("", reserved("cpus", 3, "")))).isEqualTo(new Answer.Accepted());
    stage.machine("m1", "cpus:4;mem:1024;disk:1000", true);
    assertThat(total()).isEqualTo(Resources.parse("cpus:4;mem:1024;disk:1000"));
  }

  @Test
  void whatATaskUsesIsReservedEvenIfThatWasForgotten() {
    FakeAgent before = agent();
    FakeFramework framework = framework();
    accepts(framework, reserve("", CPUS, DISK), create("", VOLUME), launch("t1", CPUS, VOLUME));
    AgentVolume made = volumes(before).getLast().getVolumes(0);
    Write.KeepFramework kept =
        stage.said.writes.stream()
            .filter(Write.KeepFramework.class::isInstance)
            .map(Write.KeepFramework.class::cast)
            .findFirst()
            .orElseThrow();
    ReadOffersReply old = // of a backup from before the agent was known
        ReadOffersReply.newBuilder().addFrameworks(kept.framework()).build();
    stage = new Stage(options -> options, old);
    FakeAgent agent = stage.new FakeAgent("m1", "m1-agent");
    agent.running.add(
        RunningTask.newBuilder()
            .setFrameworkId(FrameworkID.newBuilder().setValue("db-1"))
            .setTask(before.heard().getLast().getLaunch().getTasks(0))
            .setLatest(
                TaskStatus.newBuilder()
                    .setTaskId(TaskID.newBuilder().setValue("t1"))
                    .setState(TaskState.TASK_RUNNING))
            .build());
    stage.machine("m1", "cpus:4;mem:1024;disk:1000", true);
    agent.register(AgentRegister.newBuilder().addVolumes(made));
    assertThat(total())
        .isEqualTo(Resources.parse("cpus:3;mem:1024;disk:900").plus(read(CPUS, VOLUME)));
    Holdings again = Holdings.parse(written().getHeld());
    assertThat(again.held()).isEqualTo(read(CPUS, VOLUME));
    assertThat(again.volumes()).as("the data that is there").containsExactly(made);
    FakeFramework heir = framework();
    assertThat(offered(heir)).isEqualTo(Resources.parse("cpus:3;mem:1024;disk:900"));
    agent.tells(heir, "t1", TaskState.TASK_FINISHED);
    stage.pass(1_000);
    assertThat(offered(heir)).isEqualTo(read(CPUS, VOLUME));
  }

  // ---- statuses

  private void acknowledges(FakeFramework framework, OperationStatus status) {
    framework.accepted(
        ("{'type':'ACKNOWLEDGE_OPERATION_STATUS','acknowledge_operation_status':{'agent_id':"
                + "{'value':'m1-agent'},'operation_id':{'value':'%s'},'uuid':'%s'}}")
            .formatted(
                status.getOperationId().getValue(),
                Base64.getEncoder().encodeToString(status.getUuid().getValue().toByteArray())));
  }

  @Test
  void aStatusIsToldUntilItIsAcknowledged() {
    agent();
    FakeFramework framework = framework();
    accepts(framework, reserve("r", CPUS));
    stage.pass(9_000);
    assertThat(told(framework)).hasSize(1);
    stage.pass(1_000);
    assertThat(told(framework)).hasSize(2);
    stage.pass(20_000);
    assertThat(told(framework)).hasSize(3);
    assertThat(told(framework)).allMatch(told(framework).getFirst()::equals);
    stage.streamEnds(framework);
    stage.pass(100_000);
    FakeFramework again = framework.again();
    assertThat(told(again)).hasSize(1);
    assertThat(stage.core.picture().operations().getOperations(0).getLatestStatus().getState())
        .isEqualTo(OperationState.OPERATION_FINISHED);
    acknowledges(again, told(again).getFirst());
    acknowledges(again, told(again).getFirst());
    stage.pass(700_000);
    assertThat(told(again)).hasSize(1);
    assertThat(stage.core.picture().operations().getOperationsCount()).isZero();
  }

  @Test
  void anAcknowledgementOfAnotherStatusEndsNothing() {
    agent();
    FakeFramework framework = framework();
    accepts(framework, reserve("r", CPUS));
    OperationStatus status = told(framework).getFirst();
    OperationStatus.Builder wrong = status.toBuilder();
    wrong.getUuidBuilder().setValue(ByteString.copyFromUtf8("another uuid 16."));
    acknowledges(framework, wrong.build());
    acknowledges(
        framework,
        status.toBuilder().setOperationId(wrong.getOperationIdBuilder().setValue("x")).build());
    stage.pass(10_000);
    assertThat(told(framework)).hasSize(2);
  }

  @Test
  void operationsAreReconciled() {
    FakeAgent agent = agent();
    FakeFramework framework = framework();
    accepts(framework, reserve("done", CPUS));
    stage.pass(1_000);
    stage.writesAtOnce = false;
    accepts(framework, reserve("under-way", DISK));
    framework.accepted("{'type':'RECONCILE_OPERATIONS','reconcile_operations':{}}");
    String asked =
        "{'type':'RECONCILE_OPERATIONS','reconcile_operations':{'operations':[{'operation_id':"
            + "{'value':'x'},'agent_id':{'value':'%s'}},{'operation_id':{'value':'y'}}]}}";
    framework.accepted(asked.formatted("m1-agent"));
    assertThat(states(framework).subList(1, 5))
        .containsExactly("done FINISHED", "under-way PENDING", "x UNKNOWN", "y UNKNOWN");
    assertThat(told(framework).getLast().hasUuid()).isFalse();
    agent.detach();
    for (int i = 0; i < 80; i++) {
      stage.pass(1_000);
    }
    framework.accepted(asked.formatted("m1-agent"));
    assertThat(states(framework)).endsWith("x UNREACHABLE", "y UNKNOWN");
    nextLeader();
    FakeFramework again = stage.framework(DB);
    again.id = "db-1";
    again.accepted(asked.formatted("m1-agent"));
    assertThat(states(again)).endsWith("x RECOVERING", "y RECOVERING");
  }

  @Test
  void aThousandStatusesThatNobodyAcknowledgesAreEnough() {
    stage.agent("m1", "cpus:2000;mem:1024");
    FakeFramework framework = framework();
    for (int i = 0; i < 40; i++) {
      String[] operations = new String[30];
      for (int j = 0; j < 30; j++) {
        operations[j] = reserve("r" + i + "-" + j, CPUS);
      }
      accepts(framework, operations);
      stage.pass(1_000);
    }
    assertThat(
            told(framework).stream()
                .filter(each -> each.getState() == OperationState.OPERATION_ERROR))
        .isNotEmpty()
        .allSatisfy(
            each ->
                assertThat(each.getMessage())
                    .containsAnyOf(
                        "has not acknowledged the statuses of", "expected at most 65536"));
    framework.accepted("{'type':'TEARDOWN'}");
    assertThat(Holdings.parse(written().getHeld()).operations())
        .as("nobody is left to be told")
        .isEmpty();
  }

  @Test
  void whatIsReservedOutlivesItsFramework() {
    agent();
    FakeFramework framework = framework();
    accepts(framework, reserve("r", DISK), create("c", VOLUME));
    framework.accepted("{'type':'TEARDOWN'}");
    FakeFramework heir = stage.framework("'role':'db'");
    stage.pass(1_000);
    assertThat(offered(heir).contains(read(VOLUME))).isTrue();
  }

  // ---- operators

  private Answer operate(String operation) {
    List<Answer> answers = new ArrayList<>();
    stage.core.operate(
        "m1-agent",
        Stage.read(operation, Offer.Operation.getDefaultInstance()),
        Optional.empty(),
        answers::add,
        stage.now);
    if (stage.writesAtOnce) {
      stage.written();
    }
    assertThat(answers).hasSizeLessThan(2);
    return answers.isEmpty() ? new Answer.Done() : answers.getFirst();
  }

  @Test
  void anOperatorReservesWhatIsFreeAndIsToldWhenItIsWrittenDown() {
    FakeAgent agent = agent();
    stage.writesAtOnce = false;
    assertThat(operate(reserve("", DISK))).as("not yet").isEqualTo(new Answer.Done());
    stage.written();
    stage.writesAtOnce = true;
    assertThat(operate(create("", VOLUME))).isEqualTo(new Answer.Accepted());
    assertThat(volumes(agent)).hasSize(1);
    FakeFramework framework = framework();
    assertThat(offered(framework))
        .isEqualTo(Resources.parse("cpus:4;mem:1024;disk:900").plus(read(VOLUME)));
  }

  @Test
  void anOperatorGetsWhatIsOnlyOfferedAndNotWhatIsUsed() {
    agent();
    FakeFramework framework = framework();
    Offer first = framework.lastOffer();
    assertThat(operate(reserve("", reserved("cpus", 5, ""))))
        .isEqualTo(
            new Answer.Refused(
                409, "On agent m1-agent: 'cpus:4; disk:1000; mem:1024' does not contain 'cpus:5'"));
    assertThat(framework.kinds()).doesNotContain(Event.Type.RESCIND);
    assertThat(operate(reserve("", reserved("cpus", 3, "")))).isEqualTo(new Answer.Accepted());
    assertThat(framework.events().stream().filter(Event::hasRescind))
        .singleElement()
        .satisfies(event -> assertThat(event.getRescind().getOfferId()).isEqualTo(first.getId()));
    stage.pass(1_000);
    accepts(framework, launch("t1", reserved("cpus", 2, "")));
    assertThat(operate(unreserve("", reserved("cpus", 2, ""))))
        .isInstanceOfSatisfying(
            Answer.Refused.class, refused -> assertThat(refused.status()).isEqualTo(409));
    assertThat(operate(unreserve("", CPUS))).isEqualTo(new Answer.Accepted());
  }

  @Test
  void anOperatorIsToldWhatIsWrong() {
    agent();
    assertThat(operate(reserve("", "{'name':'cpus','type':'SCALAR','scalar':{'value':1}}")))
        .isEqualTo(
            new Answer.Refused(
                400,
                "Invalid RESERVE operation on agent m1-agent: Resource cpus:1 is not dynamically"
                    + " reserved"));
    assertThat(operate(destroy("", VOLUME)))
        .isEqualTo(
            new Answer.Refused(
                400, "Invalid DESTROY operation on agent m1-agent: Persistent volumes not found"));
    List<Answer> answers = new ArrayList<>();
    stage.core.operate(
        "nobody", Offer.Operation.getDefaultInstance(), Optional.empty(), answers::add, stage.now);
    assertThat(answers)
        .containsExactly(new Answer.Refused(400, "No agent found with specified ID"));
    stage.writesAtOnce = false;
    answers.clear();
    stage.core.operate(
        "m1-agent",
        Stage.read(reserve("", CPUS), Offer.Operation.getDefaultInstance()),
        Optional.empty(),
        answers::add,
        stage.now);
    stage.refused("it is full");
    assertThat(answers)
        .containsExactly(
            new Answer.Refused(
                409, "On agent m1-agent: The Device Manager does not keep it: it is full"));
    assertThat(total()).isEqualTo(Resources.parse("cpus:4;mem:1024;disk:1000"));
  }
}

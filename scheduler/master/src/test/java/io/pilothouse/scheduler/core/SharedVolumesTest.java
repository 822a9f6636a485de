package io.pilothouse.scheduler.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.AgentHoldings;
import io.pilothouse.api.v1.AgentRegister;
import io.pilothouse.api.v1.AgentVolume;
import io.pilothouse.api.v1.RunningTask;
import io.pilothouse.api.v1.SchedulerMessage;
import io.pilothouse.mesos.v1.Offer;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.Volume;
import io.pilothouse.mesos.v1.scheduler.Event;
import io.pilothouse.scheduler.allocator.resources.Resources;
import io.pilothouse.scheduler.core.Stage.FakeAgent;
import io.pilothouse.scheduler.core.Stage.FakeFramework;
import io.pilothouse.scheduler.wire.ResourceForm;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Volumes that several tasks use at once, of one framework and of several. */
class SharedVolumesTest extends Reserving {
  private static final String SHARED = shared("v1", 100);
  private static final String MEM = "{'name':'mem','type':'SCALAR','scalar':{'value':64}}";

  private static String shared(String id, int amount) {
    return volume(id, amount).replaceFirst("\\{", "{'shared':{},");
  }

  /** One of the role db, with the id, that knows of sharing or does not. */
  private FakeFramework framework(String id, boolean sharing) {
    String more = sharing ? "'capabilities':[{'type':'SHARED_RESOURCES'}," : "'capabilities':[";
    FakeFramework framework =
        stage.framework(DB.replace("db-1", id).replace("'capabilities':[", more));
    framework.id = id;
    stage.pass(1_000);
    return framework;
  }

  /** Who made it, with a task t1 on it; the rest of the machine is offered to nobody. */
  private FakeFramework usesIt() {
    FakeFramework framework = framework("db-1", true);
    accepts(framework, reserve("", DISK), create("c", SHARED), launch("t1", MEM, SHARED));
    return framework;
  }

  private static String cpus(int amount) {
    return "{'name':'cpus','type':'SCALAR','scalar':{'value':" + amount + "}}";
  }

  private void declines(FakeFramework framework, double seconds) {
    framework.accepted(
        ("{'type':'DECLINE','decline':{'offer_ids':[{'value':'%s'}],"
                + "'filters':{'refuse_seconds':%s}}}")
            .formatted(framework.lastOffer().getId().getValue(), seconds));
  }

  private Resources used() {
    return ResourceForm.read(
        stage.core.picture().agents().getAgents(0).getAllocatedResourcesList());
  }

  private static List<String> rescinded(FakeFramework framework) {
    return framework.events().stream()
        .filter(Event::hasRescind)
        .map(event -> event.getRescind().getOfferId().getValue())
        .toList();
  }

  private static boolean holds(Offer offer, String resource) {
    return ResourceForm.read(offer.getResourcesList()).contains(read(resource));
  }

  @Test
  void aFrameworkWithoutTheCapabilityMakesNoneAndIsOfferedNone() {
    agent();
    FakeFramework plain = framework("db-2", false);
    accepts(plain, reserve("", DISK), create("c", SHARED));
    assertThat(states(plain)).containsExactly("c ERROR");
    assertThat(told(plain).getFirst().getMessage())
        .isEqualTo(
            "Create volume operation for 'disk(db)[v1]<SHARED>:100' has been attempted by framework"
                + " 'db-2' with no SHARED_RESOURCES capability");
    assertThat(operate(create("", SHARED))).isInstanceOf(Answer.Accepted.class);
    stage.pass(1_000);
    assertThat(offered(plain)).isEqualTo(Resources.parse("cpus:4;mem:1024;disk:900"));
    accepts(plain, launch("t1", MEM, SHARED));
    assertThat(plain.lastStatus().getState()).isEqualTo(TaskState.TASK_ERROR);
    assertThat(plain.lastStatus().getMessage()).contains("more than available");
  }

  @Test
  void tasksOfOneAcceptUseWhatWasOfferedOnceAndItIsThereOnce() {
    FakeAgent agent = agent();
    FakeFramework framework = framework("db-1", true);
    accepts(
        framework,
        reserve("", DISK),
        create("c", SHARED),
        launch("t1", MEM, SHARED),
        launch("t2", MEM, SHARED),
        launch("t3", MEM, SHARED));
    assertThat(agent.heard().stream().filter(SchedulerMessage::hasLaunch)).hasSize(3);
    assertThat(volumes(agent).getLast().getVolumesCount()).isEqualTo(1);
    assertThat(used()).isEqualTo(Resources.parse("mem:192").plus(read(SHARED, SHARED, SHARED)));
    assertThat(total()).isEqualTo(Resources.parse("cpus:4;mem:1024;disk:900").plus(read(SHARED)));
    stage.pass(1_000);
    assertThat(offered(framework))
        .as("it is offered while it is used")
        .isEqualTo(Resources.parse("cpus:4;mem:832;disk:900").plus(read(SHARED)));
    assertThat(
            framework.lastOffer().getResourcesList().stream().filter(Resource::hasShared).count())
        .isEqualTo(1);
    for (String task : List.of("t1", "t2", "t3")) {
      agent.tells(framework, task, TaskState.TASK_FINISHED);
    }
    assertThat(used().isEmpty()).isTrue();
    assertThat(total().contains(read(SHARED))).isTrue();
  }

  @Test
  void severalFrameworksAreOfferedItAtOnceAndUseIt() {
    FakeAgent agent = agent();
    FakeFramework first = usesIt();
    stage.pass(1_000);
    accepts(first, launch("t2", cpus(2)));
    FakeFramework second = framework("db-2", true);
    assertThat(holds(second.lastOffer(), SHARED)).isTrue();
    agent.tells(first, "t2", TaskState.TASK_FINISHED);
    stage.pass(1_000);
    assertThat(holds(first.lastOffer(), SHARED)).isTrue();
    assertThat(stage.core.picture().agents().getAgents(0).getOfferedResourcesList())
        .as("two have it in offers, one in a task")
        .filteredOn(Resource::hasShared)
        .hasSize(2);
    assertThat(rescinded(first)).isEmpty();
    assertThat(rescinded(second)).isEmpty();
    accepts(second, launch("u1", cpus(1), SHARED));
    assertThat(agent.heard().getLast().getLaunch().getFramework().getId().getValue())
        .isEqualTo("db-2");
    assertThat(used().shared()).isEqualTo(read(SHARED, SHARED));
  }

  private void accepts(
      io.pilothouse.mesos.v1.OfferID offer, FakeFramework framework, String... operations) {
    framework.accepted(
        ("{'type':'ACCEPT','accept':{'offer_ids':[{'value':'%s'}],'filters':{'refuse_seconds':0},"
                + "'operations':[%s]}}")
            .formatted(offer.getValue(), String.join(",", operations)));
    stage.pass(1_000);
  }

  @Test
  void aTaskUsesItOnceAndOneOfAGroupAsWellAsTheOthers() {
    FakeAgent agent = agent();
    FakeFramework framework = framework("db-1", true);
    accepts(
        framework,
        reserve("", DISK),
        create("", SHARED),
        launch("t1", MEM, SHARED, SHARED),
        "{'type':'LAUNCH_GROUP','launch_group':{'executor':{'type':'DEFAULT','executor_id':"
            + "{'value':'e'},'resources':[{'name':'cpus','type':'SCALAR','scalar':{'value':0.1}},"
            + MEM
            + ",{'name':'disk','type':'SCALAR','scalar':{'value':10}}]},'task_group':{'tasks':["
            + task("g1")
            + ","
            + task("g2")
            + "]}}}");
    assertThat(framework.lastStatus().getTaskId().getValue()).isEqualTo("t1");
    assertThat(framework.lastStatus().getMessage())
        .isEqualTo("Task uses duplicate persistence ID: Persistence ID 'v1' is not unique");
    assertThat(agent.heard().getLast().getLaunch().getTasksCount()).isEqualTo(2);
    assertThat(used().shared()).isEqualTo(read(SHARED, SHARED));
  }

  private static String task(String id) {
    return ("{'name':'t','task_id':{'value':'%s'},'agent_id':{'value':'m1-agent'},'resources':"
            + "[%s,%s],'command':{'value':'x'}}")
        .formatted(id, cpus(1), SHARED);
  }

  // ---- its end

  @Test
  void itIsNotDestroyedWhileSomebodyUsesIt() {
    FakeAgent agent = agent();
    FakeFramework first = usesIt();
    stage.pass(1_000);
    accepts(first, destroy("own", SHARED));
    assertThat(told(first).getLast().getMessage()).isEqualTo("Persistent volumes in use");
    declines(first, 3600);
    FakeFramework second = framework("db-2", true);
    stage.pass(1_000);
    accepts(second, destroy("others", SHARED));
    assertThat(told(second).getLast().getMessage()).isEqualTo("Persistent volumes in use");
    assertThat(operate(destroy("", SHARED)))
        .isEqualTo(
            new Answer.Refused(
                400, "Invalid DESTROY operation on agent m1-agent: Persistent volumes in use"));
    agent.tells(first, "t1", TaskState.TASK_FINISHED);
    stage.pass(1_000);
    accepts(second, destroy("d", SHARED));
    assertThat(states(second)).containsExactly("others ERROR", "d FINISHED");
    assertThat(total()).isEqualTo(Resources.parse("cpus:4;mem:1024;disk:900").plus(read(DISK)));
    assertThat(volumes(agent).getLast().getDestroyedCount()).isEqualTo(1);
  }

  @Test
  void whoDestroysItTakesItOutOfAllOffers() {
    FakeAgent agent = agent();
    FakeFramework first = usesIt();
    stage.pass(1_000);
    Offer held = first.lastOffer();
    accepts(held.getId(), first, launch("t2", cpus(3)));
    held = first.lastOffer();
    FakeFramework second = framework("db-2", true);
    agent.tells(first, "t2", TaskState.TASK_FINISHED);
    agent.tells(first, "t1", TaskState.TASK_FINISHED);
    stage.pass(1_000);
    FakeFramework other = first.lastOffer().equals(held) ? second : first;
    FakeFramework destroyer = other == second ? second : first;
    FakeFramework loser = destroyer == first ? second : first;
    assertThat(holds(first.lastOffer(), SHARED)).isTrue();
    assertThat(holds(second.lastOffer(), SHARED)).isTrue();
    String lost = loser.lastOffer().getId().getValue();
    accepts(destroyer, destroy("d", SHARED));
    assertThat(states(destroyer)).contains("d FINISHED");
    assertThat(rescinded(loser)).contains(lost);
    stage.pass(1_000);
    assertThat(total().shared().isEmpty()).isTrue();
    assertThat(used().isEmpty()).isTrue();
  }

  @Test
  void anOperatorDestroysWhatIsMerelyOffered() {
    FakeAgent agent = agent();
    FakeFramework first = usesIt();
    agent.tells(first, "t1", TaskState.TASK_FINISHED);
    stage.pass(1_000);
    assertThat(holds(first.lastOffer(), SHARED)).isTrue();
    String offer = first.lastOffer().getId().getValue();
    assertThat(operate(destroy("", SHARED))).isInstanceOf(Answer.Accepted.class);
    assertThat(rescinded(first)).containsExactly(offer);
    stage.pass(1_000);
    assertThat(offered(first))
        .isEqualTo(Resources.parse("cpus:4;mem:1024;disk:900").plus(read(DISK)));
  }

  @Test
  void twoOffersOfItThatAreAcceptedTogetherAreOneVolume() {
    FakeAgent agent = agent();
    FakeFramework framework = usesIt();
    stage.pass(1_000);
    Offer first = framework.lastOffer();
    agent.tells(framework, "t1", TaskState.TASK_FINISHED);
    stage.pass(1_000);
    Offer second = framework.lastOffer();
    assertThat(holds(first, SHARED) && holds(second, SHARED) && !first.equals(second)).isTrue();
    framework.accepted(
        "{'type':'ACCEPT','accept':{'offer_ids':[{'value':'%s'},{'value':'%s'}],'operations':[%s]}}"
            .formatted(
                first.getId().getValue(),
                second.getId().getValue(),
                String.join(
                    ",", destroy("d", SHARED), create("again", SHARED), destroy("d2", SHARED))));
    assertThat(states(framework))
        .containsExactly("c FINISHED", "d FINISHED", "again FINISHED", "d2 FINISHED");
    assertThat(total()).isEqualTo(Resources.parse("cpus:4;mem:1024;disk:900").plus(read(DISK)));
    assertThat(used().isEmpty()).isTrue();
  }

  @Test
  void afterItsEndInTheSameAcceptNothingIsLaunchedOnIt() {
    agent();
    FakeFramework framework = framework("db-1", true);
    accepts(
        framework,
        reserve("", DISK),
        create("c", SHARED),
        destroy("d", SHARED),
        launch("t1", MEM, SHARED));
    assertThat(states(framework)).containsExactly("c FINISHED", "d FINISHED");
    assertThat(framework.lastStatus().getState()).isEqualTo(TaskState.TASK_ERROR);
    assertThat(framework.lastStatus().getMessage()).contains("more than available");
  }

  // ---- what is written down

  @Test
  void whatIsNotWrittenDownIsAsIfItHadNeverBeen() {
    agent();
    FakeFramework framework = framework("db-1", true);
    accepts(framework, reserve("r", DISK));
    stage.pass(1_000);
    stage.writesAtOnce = false;
    accepts(framework, create("c", SHARED), launch("t1", MEM, SHARED), launch("t2", MEM, SHARED));
    stage.refused("it is too much");
    stage.writesAtOnce = true;
    stage.written();
    assertThat(states(framework)).containsExactly("r FINISHED", "c DROPPED");
    assertThat(framework.statuses())
        .extracting(each -> each.getState())
        .containsExactly(TaskState.TASK_DROPPED, TaskState.TASK_DROPPED);
    assertThat(total()).isEqualTo(Resources.parse("cpus:4;mem:1024;disk:900").plus(read(DISK)));
    assertThat(used().isEmpty()).isTrue();
  }

  @Test
  void theNextLeaderKnowsItAndWhoUsesIt() {
    FakeAgent first = agent();
    usesIt();
    AgentVolume made = volumes(first).getLast().getVolumes(0);
    nextLeader();
    FakeFramework framework = framework("db-1", true);
    FakeAgent agent = returns(made, "t1", "t2");
    stage.pass(1_000);
    assertThat(used().shared()).isEqualTo(read(SHARED, SHARED));
    assertThat(offered(framework))
        .isEqualTo(Resources.parse("cpus:4;mem:1024;disk:900").plus(read(SHARED)));
    accepts(framework, destroy("d", SHARED));
    assertThat(told(framework).getLast().getMessage()).isEqualTo("Persistent volumes in use");
    assertThat(volumes(agent).getLast().getVolumesList()).containsExactly(made);
  }

  @Test
  void oneThatABackupHasForgottenIsKnownOnceHoweverManyUseIt() {
    stage.machine("m1", "cpus:4;mem:1024;disk:1000", true);
    framework("db-1", true);
    returns(
        AgentVolume.newBuilder().setRole("db").setId("v1").setInstance("m-V1").build(), "t1", "t2");
    stage.pass(1_000);
    assertThat(Holdings.parse(written().getHeld()).held()).isEqualTo(read(SHARED));
    assertThat(total()).isEqualTo(Resources.parse("cpus:4;mem:1024;disk:900").plus(read(SHARED)));
    assertThat(used().shared()).isEqualTo(read(SHARED, SHARED));
  }

  @Test
  void oneThatABackupHasForgottenCanBeWrittenThoughATaskOnlyReadsIt() throws Exception {
    stage.machine("m1", "cpus:4;mem:1024;disk:1000", true);
    framework("db-1", true);
    returns(
        SHARED.replace("'mode':'RW'", "'mode':'RO'"),
        AgentVolume.newBuilder().setRole("db").setId("v1").setInstance("m-V1").build(),
        "t1");
    stage.pass(1_000);
    assertThat(AgentHoldings.parseFrom(written().getHeld()).getResourcesList())
        .extracting(each -> each.getDisk().getVolume().getMode())
        .containsExactly(Volume.Mode.RW);
  }

  private FakeAgent returns(AgentVolume volume, String... tasks) {
    return returns(SHARED, volume, tasks);
  }

  /** An agent with tasks on the volume registers. */
  private FakeAgent returns(String used, AgentVolume volume, String... tasks) {
    stage.machine("m1", "cpus:4;mem:1024;disk:1000", true);
    FakeAgent agent = stage.new FakeAgent("m1", "m1-agent");
    for (String each : tasks) {
      RunningTask.Builder running = RunningTask.newBuilder();
      running.getFrameworkIdBuilder().setValue("db-1");
      running
          .getTaskBuilder()
          .setName("t")
          .addResources(Stage.read(used, Resource.getDefaultInstance()));
      running.getTaskBuilder().getTaskIdBuilder().setValue(each);
      running.getTaskBuilder().getAgentIdBuilder().setValue("m1-agent");
      running.getLatestBuilder().setState(TaskState.TASK_RUNNING).getTaskIdBuilder().setValue(each);
      agent.running.add(running.build());
    }
    return agent.register(AgentRegister.newBuilder().addVolumes(volume));
  }
}

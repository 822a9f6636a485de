package io.pilothouse.scheduler.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.AgentVolume;
import io.pilothouse.api.v1.AgentVolumes;
import io.pilothouse.api.v1.SchedulerMessage;
import io.pilothouse.mesos.v1.OperationStatus;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus.Reason;
import io.pilothouse.scheduler.allocator.resources.Resources;
import io.pilothouse.scheduler.core.Stage.FakeAgent;
import io.pilothouse.scheduler.core.Stage.FakeFramework;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Frameworks reserve resources and make volumes. */
class ReservationsTest extends Reserving {
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
  void whatIsUndoneAndDoneAgainIsOfferedWhenBothAreWrittenDown() {
    agent();
    FakeFramework framework = framework();
    accepts(framework, reserve("", DISK));
    stage.pass(1_000);
    int offers = framework.offers().size();
    stage.writesAtOnce = false;
    accepts(framework, unreserve("u", DISK), reserve("r", DISK));
    assertThat(Holdings.parse(written().getHeld()).held().isEmpty())
        .as("the next leader may read that nothing is reserved")
        .isTrue();
    stage.machine("m1", "cpus:4;mem:1024;disk:1000", true); // it is asked anew what may be offered
    stage.pass(2_000);
    assertThat(framework.offers()).hasSize(offers);
    stage.core.written(stage.said.number, stage.now);
    stage.pass(2_000);
    assertThat(states(framework)).containsExactly("u FINISHED");
    assertThat(framework.offers()).hasSize(offers);
    stage.written();
    stage.pass(1_000);
    assertThat(states(framework)).containsExactly("u FINISHED", "r FINISHED");
    assertThat(offered(framework))
        .isEqualTo(Resources.parse("cpus:4;mem:1024;disk:900").plus(read(DISK)));
  }

  @Test
  void aTaskOnAVolumeThatIsMadeAnewDoesNotStartOnTheDataOfTheFirst() {
    FakeAgent agent = agent();
    FakeFramework framework = framework();
    accepts(framework, reserve("", CPUS, DISK), create("", VOLUME));
    AgentVolume first = volumes(agent).getLast().getVolumes(0);
    stage.pass(1_000);
    stage.writesAtOnce = false;
    accepts(framework, destroy("", VOLUME), create("", VOLUME), launch("t1", CPUS, VOLUME));
    int heard = agent.heard().size();
    stage.pass(1_000);
    assertThat(agent.heardKinds()).doesNotContain(SchedulerMessage.KindCase.LAUNCH);
    stage.written();
    assertThat(volumes(agent).getLast().getVolumes(0).getInstance())
        .isNotEqualTo(first.getInstance());
    assertThat(agent.heardKinds().subList(heard, agent.heard().size()))
        .containsExactly(
            SchedulerMessage.KindCase.VOLUMES, // without the first
            SchedulerMessage.KindCase.VOLUMES, // with the second
            SchedulerMessage.KindCase.LAUNCH);
  }

  @Test
  void aVolumeThatIsNotMadeAnewIsTheFirstAndItsTaskIsDropped() {
    FakeAgent agent = agent();
    FakeFramework framework = framework();
    accepts(framework, reserve("", CPUS, DISK), create("", VOLUME));
    stage.pass(1_000);
    stage.writesAtOnce = false;
    accepts(framework, destroy("d", VOLUME), create("c", VOLUME), launch("t1", CPUS, VOLUME));
    int heard = agent.heard().size();
    stage.refused("it is odd");
    assertThat(states(framework)).containsExactly("d DROPPED", "c DROPPED");
    assertThat(framework.lastStatus().getState()).isEqualTo(TaskState.TASK_DROPPED);
    assertThat(agent.heard()).as("nothing has changed").hasSize(heard);
    stage.pass(1_000);
    assertThat(offered(framework))
        .isEqualTo(Resources.parse("cpus:3;mem:1024;disk:900").plus(read(CPUS, VOLUME)));
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
}

package io.pilothouse.scheduler.core;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.pilothouse.api.v1.AgentRegister;
import io.pilothouse.api.v1.AgentVolume;
import io.pilothouse.api.v1.OfferAgent;
import io.pilothouse.api.v1.PullOfferableReply;
import io.pilothouse.api.v1.ReadOffersReply;
import io.pilothouse.api.v1.RunningTask;
import io.pilothouse.api.v1.SchedulerMessage;
import io.pilothouse.mesos.v1.FrameworkID;
import io.pilothouse.mesos.v1.MasterInfo;
import io.pilothouse.mesos.v1.TaskID;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.scheduler.allocator.Allocator;
import io.pilothouse.scheduler.allocator.Options;
import io.pilothouse.scheduler.allocator.resources.Reserved;
import io.pilothouse.scheduler.allocator.resources.Resources;
import io.pilothouse.scheduler.core.Stage.FakeAgent;
import io.pilothouse.scheduler.core.Stage.FakeFramework;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is reserved outlives leaders, agents and frameworks; not its machine. */
class ReservationsMemoryTest extends Reserving {
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

  /** A leader that reads of m1 what is no message. */
  private static Stage damaged() {
    return new Stage(
        options -> options,
        ReadOffersReply.newBuilder()
            .addAgents(
                OfferAgent.newBuilder()
                    .setMachine("m1")
                    .setId("m1-agent")
                    .setHeld(ByteString.copyFromUtf8("no message")))
            .build());
  }

  @Test
  void whatCannotBeReadIsNotOfferedAndNotOverwritten() {
    stage = damaged();
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
  void ofWhatCannotBeReadAnAgentIsNotToldThatItIsNothing() {
    stage = damaged();
    stage.machine("m1", "cpus:4;mem:1024;disk:1000", true);
    AgentVolume there =
        AgentVolume.newBuilder().setRole("db").setId("v1").setInstance("m-V1").build();
    FakeAgent agent = stage.new FakeAgent("m1", "m1-agent");
    agent.register(AgentRegister.newBuilder().addVolumes(there));
    agent.register(AgentRegister.newBuilder().addVolumes(there));
    stage.pass(1_000);
    assertThat(volumes(agent)).isEmpty();
  }

  @Test
  void anOperatorDoesNotOverwriteWhatCannotBeRead() {
    stage = damaged();
    agent();
    assertThat(operate(reserve("", DISK)))
        .isInstanceOfSatisfying(
            Answer.Refused.class,
            refused -> {
              assertThat(refused.status()).isEqualTo(409);
              assertThat(refused.text())
                  .startsWith("On agent m1-agent: what is reserved on it cannot be read: ")
                  .endsWith("; a ReImage makes it anew");
            });
    assertThat(stage.said.writes).noneMatch(Write.KeepAgent.class::isInstance);
    assertThat(total()).isEqualTo(Resources.parse("cpus:4;mem:1024;disk:1000"));
  }

  @Test
  void whatCannotBeReadOutlivesThatItsMachineIsNotToldOf() {
    stage = damaged();
    FakeFramework framework = framework();
    FakeAgent agent = agent();
    stage.machines(PullOfferableReply.newBuilder().addGone("m1"));
    agent.detach();
    for (int i = 0; i < 80; i++) {
      stage.pass(1_000);
    }
    assertThat(stage.said.writes.getLast()).isEqualTo(new Write.ForgetMachine("m1"));
    agent = agent();
    stage.pass(1_000);
    assertThat(framework.offers()).isEmpty();
    assertThat(stage.said.writes).noneMatch(Write.KeepAgent.class::isInstance);
    assertThat(volumes(agent)).isEmpty();
  }

  @Test
  void nothingBecomesOfARecordThatCannotBeRead() {
    Tables tables =
        new Tables(
            CoreOptions.of(MasterInfo.newBuilder().setId("m").setIp(0).setPort(5050).build()),
            Allocator.create(Options.DEFAULT),
            stage.said);
    AgentRecord.Changes none =
        new AgentRecord.Changes() {
          @Override
          public void volumes(AgentRecord record, List<AgentVolume> are, List<AgentVolume> were) {
            throw new AssertionError(are);
          }

          @Override
          public void judge(AgentRecord record) {}

          @Override
          public void undo(AgentRecord record) {
            throw new AssertionError(record.holdings());
          }
        };
    AgentRecord record =
        AgentRecord.remembered(
            tables,
            none,
            OfferAgent.newBuilder().setHeld(ByteString.copyFromUtf8("no message")).build());
    List<String> refused = new ArrayList<>();
    Runnable never =
        () -> {
          throw new AssertionError("it is not written");
        };
    record.become(new Holdings(read(CPUS), List.of(), List.of()), never, refused::add);
    record.afterwards(never, refused::add);
    record.write();
    assertThat(refused).hasSize(2).allMatch(why -> record.objection().orElseThrow().equals(why));
    assertThat(record.holdings()).isEqualTo(Holdings.NONE);
    assertThat(stage.said.writes).isEmpty();
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
}

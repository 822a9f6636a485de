package io.pilothouse.scheduler;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.pilothouse.api.v1.AgentMessage;
import io.pilothouse.api.v1.AgentRegister;
import io.pilothouse.api.v1.AgentUpdate;
import io.pilothouse.api.v1.OfferAgent;
import io.pilothouse.api.v1.OfferFramework;
import io.pilothouse.api.v1.OfferableMachine;
import io.pilothouse.api.v1.PullOfferableReply;
import io.pilothouse.api.v1.ReadOffersReply;
import io.pilothouse.api.v1.RunningTask;
import io.pilothouse.api.v1.SchedulerMessage;
import io.pilothouse.mesos.v1.AgentID;
import io.pilothouse.mesos.v1.AgentInfo;
import io.pilothouse.mesos.v1.CommandInfo;
import io.pilothouse.mesos.v1.FrameworkID;
import io.pilothouse.mesos.v1.FrameworkInfo;
import io.pilothouse.mesos.v1.Offer;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.TaskID;
import io.pilothouse.mesos.v1.TaskInfo;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.mesos.v1.Value;
import io.pilothouse.mesos.v1.scheduler.Call;
import io.pilothouse.mesos.v1.scheduler.Event;
import io.pilothouse.scheduler.allocator.Allocator;
import io.pilothouse.scheduler.allocator.Options;
import io.pilothouse.scheduler.core.AgentLink;
import io.pilothouse.scheduler.core.Core;
import io.pilothouse.scheduler.core.CoreOptions;
import io.pilothouse.scheduler.core.Outbox;
import io.pilothouse.scheduler.core.Write;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes a core of its own through the life of one task, with nobody listening. To load and link all
 * that a core uses takes a second or more, on a busy machine three: a standby has that time, and
 * who has just begun to lead, while all agents and frameworks wait, has not.
 */
final class Rehearsal implements Outbox {
  private static final Logger log = LoggerFactory.getLogger(Rehearsal.class);
  private static final String NAME = "rehearsal";
  private static final FrameworkID FRAMEWORK = FrameworkID.newBuilder().setValue(NAME).build();
  private static final AgentID AGENT = AgentID.newBuilder().setValue(NAME).build();
  private static final AgentLink LINK = new AgentLink(0);
  private static final long STEP = 2_000;

  /** So that what is done for each agent and task is compiled by the best of the compilers. */
  private static final int ROUNDS = 40;

  private final List<Event> told = new ArrayList<>();
  private final Core core;
  private long now;
  private long writes;
  private @Nullable TaskInfo launched;

  private Rehearsal(CoreOptions options, long now) throws InvalidProtocolBufferException {
    this.now = now;
    FrameworkInfo info = framework();
    ReadOffersReply remembered =
        ReadOffersReply.newBuilder()
            .addFrameworks(
                OfferFramework.newBuilder().setId(NAME).setName(NAME).setInfo(info.toByteString()))
            .addAgents(OfferAgent.newBuilder().setMachine(NAME).setId(NAME))
            .build();
    core =
        new Core(
            options,
            Allocator.create(Options.DEFAULT),
            this,
            ReadOffersReply.parseFrom(remembered.toByteArray()),
            now);
  }

  /** On a thread of its own; that it fails costs time later, and nothing else. */
  static Thread begin(CoreOptions options, BooleanSupplier wanted, long now) {
    log.info("Rehearses to lead: the agent and the framework named {} are made up", NAME);
    return Thread.ofPlatform()
        .name(NAME)
        .daemon(true)
        .start(
            () -> {
              try {
                run(options, now);
                drill(options, wanted, now);
              } catch (InvalidProtocolBufferException | RuntimeException | Error e) {
                // an error, too: nothing but the rehearsal's own stood on this thread
                log.warn("A rehearsal fails; leading will begin more slowly", e);
              } catch (InterruptedException e) {
                log.debug("Rehearses no more", e);
              }
            });
  }

  /** At half a processor at most, for a while, and no longer than this one stands by. */
  private static void drill(CoreOptions options, BooleanSupplier wanted, long now)
      throws InvalidProtocolBufferException, InterruptedException {
    Drill drill = new Drill(options, wanted, now);
    int rounds = 0;
    long began = System.nanoTime();
    long took = 0;
    while (rounds < ROUNDS && wanted.getAsBoolean()) {
      long at = System.nanoTime();
      QuietThread.run(drill::run);
      if (rounds % 4 == 0) {
        QuietThread.run(() -> WireDrill.run(options, wanted));
      }
      took = System.nanoTime() - at;
      rounds++;
      TimeUnit.NANOSECONDS.sleep(took);
    }
    log.info(
        "Has rehearsed {} changes of leaders in {} s; the last took {} ms",
        rounds,
        (System.nanoTime() - began) / 1_000_000_000,
        took / 1_000_000);
  }

  /** What its framework was told, in order. */
  static List<Event> run(CoreOptions options, long now) throws InvalidProtocolBufferException {
    Rehearsal rehearsal = new Rehearsal(options, now);
    rehearsal.play();
    return List.copyOf(rehearsal.told);
  }

  private void play() throws InvalidProtocolBufferException {
    core.machines(
        PullOfferableReply.newBuilder()
            .setFull(true)
            .addMachines(
                OfferableMachine.newBuilder()
                    .setName(NAME)
                    .addAllResources(resources())
                    .setOfferable(true))
            .build(),
        now);
    AgentRegister register =
        AgentRegister.newBuilder()
            .setAgent(AgentInfo.newBuilder().setHostname(NAME).setId(AGENT))
            .build();
    agent(AgentMessage.newBuilder().setRegister(register));
    core.subscribe(
        NAME,
        parsed(
            Call.newBuilder()
                .setType(Call.Type.SUBSCRIBE)
                .setSubscribe(Call.Subscribe.newBuilder().setFrameworkInfo(framework()))),
        Optional.empty(),
        now);
    pass();
    for (Event each : List.copyOf(told)) {
      for (Offer offer : each.getOffers().getOffersList()) {
        accept(offer);
      }
    }
    status(TaskState.TASK_RUNNING);
    comeAgain(register);
    status(TaskState.TASK_FINISHED);
    pass();
    call(Call.newBuilder().setType(Call.Type.TEARDOWN));
    pass();
  }

  /** With the task that it runs, as to a new leader. */
  private void comeAgain(AgentRegister register) throws InvalidProtocolBufferException {
    if (launched != null) {
      agent(
          AgentMessage.newBuilder()
              .setRegister(
                  register.toBuilder()
                      .addFrameworks(framework())
                      .addTasks(
                          RunningTask.newBuilder()
                              .setFrameworkId(FRAMEWORK)
                              .setTask(launched)
                              .setLatest(
                                  TaskStatus.newBuilder()
                                      .setTaskId(launched.getTaskId())
                                      .setState(TaskState.TASK_RUNNING)))));
    }
  }

  private void pass() {
    now += STEP;
    core.written(writes, now);
    core.tick(now);
  }

  private void accept(Offer offer) throws InvalidProtocolBufferException {
    TaskInfo task =
        TaskInfo.newBuilder()
            .setName(NAME)
            .setTaskId(TaskID.newBuilder().setValue(NAME))
            .setAgentId(offer.getAgentId())
            .addAllResources(resources())
            .setCommand(CommandInfo.newBuilder().setValue("true"))
            .build();
    launched = task;
    call(
        Call.newBuilder()
            .setType(Call.Type.ACCEPT)
            .setAccept(
                Call.Accept.newBuilder()
                    .addOfferIds(offer.getId())
                    .addOperations(
                        Offer.Operation.newBuilder()
                            .setType(Offer.Operation.Type.LAUNCH)
                            .setLaunch(Offer.Operation.Launch.newBuilder().addTaskInfos(task)))));
  }

  private void status(TaskState state) throws InvalidProtocolBufferException {
    TaskStatus status =
        TaskStatus.newBuilder()
            .setTaskId(TaskID.newBuilder().setValue(NAME))
            .setAgentId(AGENT)
            .setState(state)
            .setSource(TaskStatus.Source.SOURCE_EXECUTOR)
            .setUuid(ByteString.copyFrom(new byte[16]))
            .build();
    agent(
        AgentMessage.newBuilder()
            .setUpdate(
                AgentUpdate.newBuilder()
                    .setFrameworkId(FRAMEWORK)
                    .setStatus(status)
                    .setLatestState(state.getNumber())));
    call(
        Call.newBuilder()
            .setType(Call.Type.ACKNOWLEDGE)
            .setAcknowledge(
                Call.Acknowledge.newBuilder()
                    .setAgentId(AGENT)
                    .setTaskId(status.getTaskId())
                    .setUuid(status.getUuid())));
  }

  private void agent(AgentMessage.Builder message) throws InvalidProtocolBufferException {
    core.agent(LINK, AgentMessage.parseFrom(message.build().toByteArray()), now);
  }

  private void call(Call.Builder call) throws InvalidProtocolBufferException {
    core.call(parsed(call), Optional.of(NAME), Optional.empty(), now);
  }

  private static Call parsed(Call.Builder call) throws InvalidProtocolBufferException {
    return Call.parseFrom(call.setFrameworkId(FRAMEWORK).build().toByteArray());
  }

  private static FrameworkInfo framework() {
    return FrameworkInfo.newBuilder().setUser("nobody").setName(NAME).setId(FRAMEWORK).build();
  }

  private static List<Resource> resources() {
    return List.of(scalar("cpus", 1), scalar("mem", 32));
  }

  static Resource scalar(String name, double amount) {
    return Resource.newBuilder()
        .setName(name)
        .setType(Value.Type.SCALAR)
        .setScalar(Value.Scalar.newBuilder().setValue(amount))
        .build();
  }

  @Override
  public void event(String stream, Event event) {
    told.add(event);
  }

  @Override
  public void endStream(String stream) {}

  @Override
  public void toAgent(AgentLink link, SchedulerMessage message) {}

  @Override
  public void endAgent(AgentLink link, String why) {}

  @Override
  public void write(long number, Write what) {
    writes = number;
  }

  @Override
  public boolean operatorsListen() {
    return false;
  }

  @Override
  public void toOperators(io.pilothouse.mesos.v1.master.Event event) {}
}

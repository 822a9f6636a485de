package io.pilothouse.scheduler;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.pilothouse.api.v1.AgentMessage;
import io.pilothouse.api.v1.AgentRegister;
import io.pilothouse.api.v1.OfferAgent;
import io.pilothouse.api.v1.OfferFramework;
import io.pilothouse.api.v1.OfferableMachine;
import io.pilothouse.api.v1.PullOfferableReply;
import io.pilothouse.api.v1.ReadOffersReply;
import io.pilothouse.api.v1.RunningTask;
import io.pilothouse.api.v1.SchedulerMessage;
import io.pilothouse.mesos.v1.AgentID;
import io.pilothouse.mesos.v1.CommandInfo;
import io.pilothouse.mesos.v1.FrameworkID;
import io.pilothouse.mesos.v1.FrameworkInfo;
import io.pilothouse.mesos.v1.Offer;
import io.pilothouse.mesos.v1.OfferID;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.TaskID;
import io.pilothouse.mesos.v1.TaskInfo;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus;
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
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;

/**
 * Has a core of its own take over a fleet of made-up agents and frameworks, with nobody listening:
 * all of them come back in the same moment, with their tasks. What is done once for each of them is
 * compiled by that, which a new leader has no time for.
 */
final class Drill implements Outbox {
  static final int FRAMEWORKS = 20;
  static final int AGENTS = 500;
  private static final int TASKS = 5;
  private static final int BETWEEN_TICKS = 50;

  private final CoreOptions options;
  private final BooleanSupplier wanted;
  private final List<byte[]> registrations = new ArrayList<>();
  private final List<byte[]> statuses = new ArrayList<>();
  private final List<Offer> offered = new ArrayList<>();
  private Core core;
  private long now;
  private long writes;

  /** Of what was said, which is written as it would be for the network. */
  private long bytes;

  private final Set<String> said = new TreeSet<>();

  /**
   * @param wanted asked again and again: when not, it ends
   */
  Drill(CoreOptions options, BooleanSupplier wanted, long now) {
    this.options = options;
    this.wanted = wanted;
    this.now = now;
    for (int i = 0; i < AGENTS; i++) {
      registrations.add(registration(i));
      statuses.add(status(i));
    }
    core = newCore();
  }

  /**
   * One change of leaders.
   *
   * @return whether it was wanted to its end
   */
  boolean run() throws InvalidProtocolBufferException {
    core = newCore();
    core.machines(machines(), now);
    for (int i = 0; i < AGENTS; i++) {
      if (!wanted.getAsBoolean()) {
        return false;
      }
      core.agent(link(i), AgentMessage.parseFrom(registrations.get(i)), now);
      if (i % BETWEEN_TICKS == 0) {
        tick();
      }
      if (i >= AGENTS / 2 && i < AGENTS / 2 + FRAMEWORKS) {
        subscribe(i - AGENTS / 2);
      }
    }
    tick();
    for (int i = 0; i < AGENTS; i++) {
      core.agent(link(i), AgentMessage.parseFrom(statuses.get(i)), now);
      acknowledge(i);
    }
    for (Offer each : List.copyOf(offered)) {
      answer(each);
    }
    offered.clear();
    tick();
    return true;
  }

  /** Kinds of events and of messages to agents, once each. */
  Set<String> said() {
    return said;
  }

  long bytes() {
    return bytes;
  }

  private Core newCore() {
    writes = 0;
    return new Core(options, Allocator.create(Options.DEFAULT), this, remembered(), now);
  }

  static ReadOffersReply remembered() {
    ReadOffersReply.Builder remembered = ReadOffersReply.newBuilder();
    for (int i = 0; i < FRAMEWORKS; i++) {
      remembered.addFrameworks(
          OfferFramework.newBuilder()
              .setId(framework(i).getId().getValue())
              .setName("drill")
              .setInfo(framework(i).toByteString()));
    }
    for (int i = 0; i < AGENTS; i++) {
      remembered.addAgents(OfferAgent.newBuilder().setMachine(machine(i)).setId("agent-" + i));
    }
    return remembered.build();
  }

  private void tick() {
    now += 1_000;
    core.written(writes, now);
    core.tick(now);
  }

  static String machine(int i) {
    return "drill-" + i;
  }

  private static AgentLink link(int i) {
    return new AgentLink(i);
  }

  static PullOfferableReply machines() {
    PullOfferableReply.Builder all = PullOfferableReply.newBuilder().setFull(true);
    for (int i = 0; i < AGENTS; i++) {
      all.addMachines(
          OfferableMachine.newBuilder()
              .setName(machine(i))
              .addAllResources(resources(TASKS + 1))
              .setOfferable(true));
    }
    return all.build();
  }

  static byte[] registration(int i) {
    AgentRegister.Builder register = AgentRegister.newBuilder();
    register.getAgentBuilder().setHostname(machine(i)).setPort(1).setId(agentId(i));
    for (int j = 0; j < TASKS; j++) {
      register.addFrameworks(framework((i + j) % FRAMEWORKS));
      register.addTasks(
          RunningTask.newBuilder()
              .setFrameworkId(framework((i + j) % FRAMEWORKS).getId())
              .setTask(task(i, j))
              .setLatest(statusOf(i, j, TaskState.TASK_RUNNING)));
    }
    return AgentMessage.newBuilder().setRegister(register).build().toByteArray();
  }

  private static TaskInfo task(int agent, int number) {
    return TaskInfo.newBuilder()
        .setName("drill")
        .setTaskId(TaskID.newBuilder().setValue(agent + "-" + number))
        .setAgentId(agentId(agent))
        .addAllResources(resources(1))
        .setCommand(CommandInfo.newBuilder().setValue("true").setUser("nobody"))
        .build();
  }

  private static TaskStatus statusOf(int agent, int task, TaskState state) {
    return TaskStatus.newBuilder()
        .setTaskId(TaskID.newBuilder().setValue(agent + "-" + task))
        .setAgentId(agentId(agent))
        .setState(state)
        .setSource(TaskStatus.Source.SOURCE_EXECUTOR)
        .setTimestamp(1)
        .setUuid(uuid())
        .build();
  }

  private static ByteString uuid() {
    return ByteString.copyFrom(new byte[16]);
  }

  private static byte[] status(int i) {
    AgentMessage.Builder message = AgentMessage.newBuilder();
    message
        .getUpdateBuilder()
        .setFrameworkId(framework(i % FRAMEWORKS).getId())
        .setStatus(statusOf(i, 0, TaskState.TASK_FINISHED))
        .setLatestState(TaskState.TASK_FINISHED_VALUE);
    return message.build().toByteArray();
  }

  private static AgentID agentId(int i) {
    return AgentID.newBuilder().setValue("agent-" + i).build();
  }

  private static FrameworkInfo framework(int i) {
    return FrameworkInfo.newBuilder()
        .setUser("nobody")
        .setName("drill")
        .setId(FrameworkID.newBuilder().setValue("drill-" + i))
        .setFailoverTimeout(3_600)
        .build();
  }

  private static List<Resource> resources(int cpus) {
    return List.of(Rehearsal.scalar("cpus", cpus), Rehearsal.scalar("mem", 32.0 * cpus));
  }

  private void subscribe(int i) throws InvalidProtocolBufferException {
    core.subscribe(stream(i), Call.parseFrom(subscription(i).toByteArray()), Optional.empty(), now);
  }

  static Call subscription(int i) {
    Call.Builder call = Call.newBuilder().setType(Call.Type.SUBSCRIBE);
    call.getSubscribeBuilder().setFrameworkInfo(framework(i));
    return call.setFrameworkId(framework(i).getId()).build();
  }

  /** Of an offer that is none any more. */
  static Call decline(int i) {
    Call.Builder call = Call.newBuilder().setType(Call.Type.DECLINE);
    call.getDeclineBuilder().addOfferIds(OfferID.newBuilder().setValue("drill-O1"));
    return call.setFrameworkId(framework(i).getId()).build();
  }

  private static String stream(int i) {
    return "drill-" + i;
  }

  private static Call parsed(Call.Builder call, int framework)
      throws InvalidProtocolBufferException {
    byte[] said = call.setFrameworkId(framework(framework).getId()).build().toByteArray();
    return Call.parseFrom(said);
  }

  private void acknowledge(int i) throws InvalidProtocolBufferException {
    Call.Builder call = Call.newBuilder().setType(Call.Type.ACKNOWLEDGE);
    call.getAcknowledgeBuilder()
        .setAgentId(agentId(i))
        .setTaskId(TaskID.newBuilder().setValue(i + "-0"))
        .setUuid(uuid());
    call(call, i % FRAMEWORKS);
  }

  /** Half of them are taken, for a task. */
  private void answer(Offer offer) throws InvalidProtocolBufferException {
    int framework = Integer.parseInt(offer.getFrameworkId().getValue().substring(6));
    int agent = Integer.parseInt(offer.getAgentId().getValue().substring(6));
    Call.Builder call = Call.newBuilder();
    if (agent % 2 == 0) {
      call.setType(Call.Type.DECLINE).getDeclineBuilder().addOfferIds(offer.getId());
    } else {
      Offer.Operation.Builder launch =
          Offer.Operation.newBuilder().setType(Offer.Operation.Type.LAUNCH);
      launch.getLaunchBuilder().addTaskInfos(task(agent, TASKS));
      call.setType(Call.Type.ACCEPT)
          .getAcceptBuilder()
          .addOfferIds(offer.getId())
          .addOperations(launch);
    }
    call(call, framework);
  }

  private void call(Call.Builder call, int framework) throws InvalidProtocolBufferException {
    core.call(parsed(call, framework), Optional.of(stream(framework)), Optional.empty(), now);
  }

  // ---- what the core says is written, and thrown away

  @Override
  public void event(String stream, Event event) {
    bytes += event.toByteArray().length;
    said.add(event.getType().name());
    offered.addAll(event.getOffers().getOffersList());
  }

  @Override
  public void endStream(String stream) {}

  @Override
  public void toAgent(AgentLink link, SchedulerMessage message) {
    bytes += message.toBuilder().setToken(1).build().toByteArray().length;
    said.add(message.getKindCase().name());
  }

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

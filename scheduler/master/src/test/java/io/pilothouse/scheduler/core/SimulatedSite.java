package io.pilothouse.scheduler.core;

import io.pilothouse.api.v1.AgentMessage;
import io.pilothouse.api.v1.AgentPong;
import io.pilothouse.api.v1.OfferableMachine;
import io.pilothouse.api.v1.PullOfferableReply;
import io.pilothouse.api.v1.SchedulerMessage;
import io.pilothouse.mesos.v1.MasterInfo;
import io.pilothouse.mesos.v1.OfferID;
import io.pilothouse.mesos.v1.OperationStatus;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.mesos.v1.scheduler.Call;
import io.pilothouse.mesos.v1.scheduler.Event;
import io.pilothouse.scheduler.allocator.Allocator;
import io.pilothouse.scheduler.allocator.Options;
import io.pilothouse.scheduler.allocator.resources.Resources;
import io.pilothouse.scheduler.wire.ResourceForm;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;

/** All that there is around a core, and what must always be so. */
final class SimulatedSite implements Outbox {
  final Random random;

  /** What happened, in order; messages as they are, since their texts take longer than all else. */
  final List<Object> trace = new ArrayList<>();

  final List<SimulatedAgent> agents = new ArrayList<>();
  final List<SimulatedFramework> frameworks = new ArrayList<>();
  private final SimulatedLaws laws = new SimulatedLaws(this);
  final Set<String> tornDown = new HashSet<>();
  final Set<String> destroyed = new HashSet<>();
  final SimulatedKeeper keeper = new SimulatedKeeper();
  final Map<String, Deque<Event>> toFrameworks = new HashMap<>();
  final Map<AgentLink, Deque<SchedulerMessage>> toAgents = new HashMap<>();
  final Map<AgentLink, Deque<AgentMessage>> fromAgents = new HashMap<>();
  Core core;
  long now = 1_000_000;
  long numbers;
  int launched;
  int operations;
  int borrowed;
  int sharedAtOnce; // looks at a machine on which several tasks used one volume
  int offeredWhileUsed; // of which a volume was offered as well
  boolean faults;
  boolean launches = true;

  SimulatedSite(long seed) {
    random = new Random(seed);
    for (int i = 0; i < 4; i++) {
      agents.add(
          new SimulatedAgent(
              "m" + i, Resources.parse("cpus:4;mem:256;disk:60;ports:[100-103]"), random));
    }
    for (int i = 0; i < 3; i++) {
      frameworks.add(new SimulatedFramework("f" + i, i > 0, 2 + random.nextInt(6)));
    }
    core = newCore();
  }

  private Core newCore() {
    toFrameworks.clear();
    toAgents.clear();
    fromAgents.clear();
    agents.forEach(agent -> agent.attached = false);
    frameworks.forEach(framework -> framework.stream = "");
    core =
        new Core(
            CoreOptions.of(
                    MasterInfo.newBuilder().setId("m" + numbers++).setIp(0).setPort(5050).build())
                .reregister(Duration.ofMinutes(2)),
            Allocator.create(Options.DEFAULT.withSeed(random.nextLong())),
            this,
            keeper.read(),
            now);
    agents.stream().filter(agent -> agent.inFleet).forEach(agent -> view(agent, true, 0));
    return core;
  }

  private void view(SimulatedAgent agent, boolean offerable, long takenAt) {
    core.machines(
        PullOfferableReply.newBuilder()
            .addMachines(
                OfferableMachine.newBuilder()
                    .setName(agent.machine)
                    .addAllResources(new ResourceForm(false, false).write(agent.total, ""))
                    .setOfferable(offerable)
                    .setTakenAt(takenAt)
                    .setTakenBy(takenAt > 0 ? "repair/R-" + takenAt : ""))
            .build(),
        now);
  }

  void withFaults(int seconds) {
    faults = true;
    step(seconds);
    faults = false;
  }

  /** All works again; at last nobody launches anything more. */
  void quietly(int working, int ending) {
    for (SimulatedAgent agent : agents) {
      agent.inFleet = true;
      view(agent, true, 0);
    }
    step(working);
    launches = false;
    step(ending);
  }

  private void step(int seconds) {
    for (int i = 0; i < seconds; i++) {
      now += 1_000;
      if (faults) {
        fault();
      }
      connect();
      lend();
      agents.forEach(SimulatedAgent::live);
      agents.forEach(agent -> agent.due(now).forEach(message -> say(agent, message)));
      deliver();
      OptionalLong written = keeper.live(random, faults);
      keeper.refused.forEach(number -> core.notWritten(number, "it is refused", now));
      keeper.refused.clear();
      written.ifPresent(upTo -> core.written(upTo, now));
      endThoseThatAreTornDown();
      core.tick(now);
      deliver();
      for (SimulatedFramework each : frameworks) {
        reconcile(each);
      }
      laws.hold();
    }
  }

  /** What tasks do not use is now more, now less. */
  private void lend() {
    for (SimulatedAgent agent : agents) {
      if (agent.attached && random.nextInt(15) == 0) {
        say(agent, agent.lends(random.nextInt(4)));
      }
    }
  }

  private void fault() {
    switch (random.nextInt(40)) {
      case 0, 1, 2 -> cut(agents.get(random.nextInt(agents.size())));
      case 3, 4 -> {
        SimulatedFramework framework = frameworks.get(random.nextInt(frameworks.size()));
        if (!framework.stream.isEmpty()) {
          toFrameworks.remove(framework.stream);
          core.streamEnded(framework.stream, now);
          framework.stream = "";
        }
      }
      case 5 -> {
        trace.add("scheduler crashes");
        keeper.loseLeader(random);
        core = newCore();
      }
      case 6, 7 -> {
        boolean offerable = random.nextBoolean();
        SimulatedAgent agent = agents.get(random.nextInt(agents.size()));
        agent.inFleet = true;
        view(agent, offerable, offerable ? 0 : now + random.nextInt(30_000));
      }
      case 8 -> now += random.nextInt(90_000); // everything stood still
      case 9 -> tearDown(random.nextInt(frameworks.size()));
      case 10 -> {
        SimulatedAgent agent = agents.get(random.nextInt(agents.size()));
        cut(agent);
        agent.remake();
      }
      case 11 -> {
        SimulatedAgent agent = agents.get(random.nextInt(agents.size()));
        agent.inFleet = false;
        core.machines(PullOfferableReply.newBuilder().addGone(agent.machine).build(), now);
      }
      default -> {} // most seconds are quiet
    }
  }

  private void tearDown(int index) {
    SimulatedFramework framework = frameworks.get(index);
    if (framework.subscribed && !framework.stream.isEmpty()) {
      trace.add(framework.id + " is torn down");
      tornDown.add(framework.id);
      core.tearDown(framework.id, now);
      String name = framework.name + "x";
      frameworks.set(index, new SimulatedFramework(name, random.nextBoolean(), framework.wanted));
    }
  }

  /** A leader that died before it was written down does not know: the operator sees it there. */
  private void endThoseThatAreTornDown() {
    for (String id : tornDown.stream().sorted().toList()) {
      if (!faults || random.nextInt(20) == 0) {
        core.tearDown(id, now);
      }
    }
  }

  /** What is under way on the connection is lost; sometimes the scheduler hears nothing of it. */
  private void cut(SimulatedAgent agent) {
    if (agent.attached) {
      toAgents.remove(agent.link);
      fromAgents.remove(agent.link);
      agent.attached = false;
      if (random.nextBoolean()) {
        core.agentDetached(agent.link, now);
      }
    }
  }

  private void connect() {
    for (SimulatedAgent agent : agents) {
      if (!agent.attached && (!faults || random.nextInt(4) == 0)) {
        agent.link = new AgentLink(++numbers);
        agent.attached = true;
        say(agent, agent.registration());
      }
    }
    for (SimulatedFramework framework : frameworks) {
      if (framework.stream.isEmpty() && (!faults || random.nextInt(4) == 0)) {
        framework.stream = "s" + ++numbers;
        core.subscribe(framework.stream, framework.subscription(), Optional.empty(), now);
      }
    }
  }

  private void say(SimulatedAgent agent, AgentMessage message) {
    if (agent.attached) {
      Deque<AgentMessage> queue = fromAgents.computeIfAbsent(agent.link, l -> new ArrayDeque<>());
      queue.add(message);
      if (faults && !message.hasRegister() && random.nextInt(10) == 0) {
        queue.add(message);
      }
    }
  }

  private boolean arrives() {
    return !faults || random.nextInt(3) > 0;
  }

  private void deliver() {
    for (SimulatedAgent agent : agents) {
      Deque<AgentMessage> up = fromAgents.getOrDefault(agent.link, new ArrayDeque<>());
      while (!up.isEmpty() && arrives()) {
        core.agent(agent.link, up.remove(), now);
      }
      Deque<SchedulerMessage> down = toAgents.getOrDefault(agent.link, new ArrayDeque<>());
      while (agent.attached && !down.isEmpty() && arrives()) {
        SchedulerMessage message = down.remove();
        trace.add(agent.machine + " hears " + message.getKindCase());
        agent.hear(message);
        if (message.hasPing()) {
          say(agent, AgentMessage.newBuilder().setPong(AgentPong.getDefaultInstance()).build());
        }
      }
    }
    for (SimulatedFramework framework : frameworks) {
      Deque<Event> events = toFrameworks.getOrDefault(framework.stream, new ArrayDeque<>());
      while (!events.isEmpty() && arrives()) {
        hear(framework, events.remove());
      }
    }
  }

  private void hear(SimulatedFramework framework, Event event) {
    trace.add(framework.name + " hears " + event.getType());
    switch (event.getType()) {
      case SUBSCRIBED -> {
        framework.id = event.getSubscribed().getFrameworkId().getValue();
        framework.subscribed = true;
      }
      case OFFERS -> event.getOffers().getOffersList().forEach(offer -> answer(framework, offer));
      case INVERSE_OFFERS ->
          event
              .getInverseOffers()
              .getInverseOffersList()
              .forEach(offer -> answer(framework, offer.getId()));
      case UPDATE -> {
        TaskStatus status = event.getUpdate().getStatus();
        framework.see(status.getTaskId().getValue(), status.getState());
        if (status.hasUuid() && (!faults || random.nextInt(5) > 0)) {
          Call.Builder call = Call.newBuilder().setType(Call.Type.ACKNOWLEDGE);
          call.getAcknowledgeBuilder()
              .setAgentId(status.getAgentId())
              .setTaskId(status.getTaskId())
              .setUuid(status.getUuid());
          call(framework, call);
        }
      }
      case UPDATE_OPERATION_STATUS -> hear(framework, event.getUpdateOperationStatus().getStatus());
      default -> {} // heartbeats, rescinds, failures
    }
  }

  private void hear(SimulatedFramework framework, OperationStatus status) {
    if (status.hasUuid()) {
      framework.isDone(status.getOperationId().getValue());
      if (!faults || random.nextInt(4) > 0) {
        Call.Builder call = Call.newBuilder().setType(Call.Type.ACKNOWLEDGE_OPERATION_STATUS);
        call.getAcknowledgeOperationStatusBuilder()
            .setAgentId(status.getAgentId())
            .setOperationId(status.getOperationId())
            .setUuid(status.getUuid().getValue());
        call(framework, call);
      }
    }
  }

  private void answer(SimulatedFramework framework, io.pilothouse.mesos.v1.Offer offer) {
    Call.Builder call = Call.newBuilder();
    double cpus = cpus(offer, false);
    boolean borrows = cpus(offer, true) >= 1 && (cpus < 1 || random.nextBoolean());
    List<Resource> ports =
        offer.getResourcesList().stream().filter(each -> each.getName().equals("ports")).toList();
    if (launches && !framework.role.equals("*") && random.nextInt(3) == 0) {
      keepsData(framework, offer, call);
    } else if (!launches
        || framework.open() >= framework.wanted
        || (cpus < 1 && !borrows)
        || (ports.isEmpty() && !borrows)) {
      call.setType(Call.Type.DECLINE);
      call.getDeclineBuilder().addOfferIds(offer.getId());
    } else {
      call.setType(Call.Type.ACCEPT);
      String name = framework.name + "-" + framework.names++;
      String info =
          borrows
              ? borrowing(offer, name)
              : Stage.taskInfo(
                  offer.getAgentId().getValue(),
                  name,
                  "cpus:1;" + port(ports),
                  "'command':{'value':'x'}");
      borrowed += borrows ? 1 : 0;
      call.getAcceptBuilder()
          .addOfferIds(offer.getId())
          .addOperations(
              Stage.read(
                  "{'type':'LAUNCH','launch':{'task_infos':[" + info + "]}}",
                  io.pilothouse.mesos.v1.Offer.Operation.getDefaultInstance()));
      framework.tasks.put(
          name, new SimulatedFramework.Seen(offer.getAgentId().getValue(), TaskState.TASK_STAGING));
      launched++;
    }
    if (faults && random.nextInt(10) == 0) {
      return; // the call is lost, or the framework hoards
    }
    call(framework, call);
  }

  /** It may agree, give the machine up now, ask for time, or say nothing. */
  private void answer(SimulatedFramework framework, OfferID inverse) {
    Call.Builder call = Call.newBuilder();
    switch (random.nextInt(4)) {
      case 0 -> {
        call.setType(Call.Type.DECLINE_INVERSE_OFFERS);
        call.getDeclineInverseOffersBuilder().addInverseOfferIds(inverse);
      }
      case 1 -> {
        call.setType(Call.Type.ACCEPT_INVERSE_OFFERS);
        call.getAcceptInverseOffersBuilder().addInverseOfferIds(inverse);
      }
      case 2 -> {
        call.setType(Call.Type.ACCEPT_INVERSE_OFFERS);
        call.getAcceptInverseOffersBuilder()
            .addInverseOfferIds(inverse)
            .getFiltersBuilder()
            .setRefuseSeconds(0);
      }
      default -> {
        return;
      }
    }
    call(framework, call);
  }

  private static double cpus(io.pilothouse.mesos.v1.Offer offer, boolean revocable) {
    return offer.getResourcesList().stream()
        .filter(each -> each.getName().equals("cpus") && each.hasRevocable() == revocable)
        .mapToDouble(each -> each.getScalar().getValue())
        .sum();
  }

  private static String port(List<Resource> ports) {
    long port = ports.get(0).getRanges().getRange(0).getBegin();
    return "ports:[%d-%d]".formatted(port, port);
  }

  private static String borrowing(io.pilothouse.mesos.v1.Offer offer, String name) {
    return ("{'name':'t','task_id':{'value':'%s'},'agent_id':{'value':'%s'},'resources':[{"
            + "'name':'cpus','type':'SCALAR','scalar':{'value':1},'revocable':{}}],"
            + "'command':{'value':'x'}}")
        .formatted(name, offer.getAgentId().getValue());
  }

  private void keepsData(
      SimulatedFramework framework, io.pilothouse.mesos.v1.Offer offer, Call.Builder call) {
    SimulatedOperations chosen = new SimulatedOperations(framework, offer, random, destroyed);
    chosen
        .choose(framework.open() < framework.wanted)
        .forEach(
            task -> {
              framework.tasks.put(
                  task,
                  new SimulatedFramework.Seen(
                      offer.getAgentId().getValue(), TaskState.TASK_STAGING));
              launched++;
            });
    operations += chosen.operations().size();
    call.setType(Call.Type.ACCEPT);
    call.getAcceptBuilder().addOfferIds(offer.getId()).addAllOperations(chosen.operations());
  }

  private void call(SimulatedFramework framework, Call.Builder call) {
    call.getFrameworkIdBuilder().setValue(framework.id);
    Call built = call.build();
    core.call(built, Optional.of(framework.stream), Optional.empty(), now);
    if (faults && random.nextInt(10) == 0) {
      core.call(built, Optional.of(framework.stream), Optional.empty(), now);
    }
  }

  private void reconcile(SimulatedFramework framework) {
    if (now - framework.reconciled < 30_000 || !isOn(framework)) {
      return;
    }
    framework.reconciled = now;
    Call.Builder call = framework.reconciliation();
    if (call.getReconcileBuilder().getTasksCount() > 0) {
      call(framework, call);
    }
  }

  private static boolean isOn(SimulatedFramework framework) {
    return framework.subscribed && !framework.stream.isEmpty();
  }

  void requireAllTold() {
    laws.requireAllTold();
  }

  // ---- what the core says

  @Override
  public void write(long number, Write what) {
    trace.add(what);
    keeper.take(number, what);
  }

  @Override
  public void event(String stream, Event event) {
    laws.heard(stream, event);
    toFrameworks.computeIfAbsent(stream, s -> new ArrayDeque<>()).add(event);
  }

  @Override
  public void endStream(String stream) {
    toFrameworks.remove(stream);
    frameworks.stream()
        .filter(framework -> framework.stream.equals(stream))
        .forEach(framework -> framework.stream = "");
  }

  @Override
  public void toAgent(AgentLink link, SchedulerMessage message) {
    toAgents.computeIfAbsent(link, l -> new ArrayDeque<>()).add(message);
  }

  @Override
  public void endAgent(AgentLink link, String why) {
    agents.stream()
        .filter(agent -> agent.link.equals(link))
        .forEach(agent -> agent.attached = false);
  }

  @Override
  public boolean operatorsListen() {
    return false;
  }

  @Override
  public void toOperators(io.pilothouse.mesos.v1.master.Event event) {}
}

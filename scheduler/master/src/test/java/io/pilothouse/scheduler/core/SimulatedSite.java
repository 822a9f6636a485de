package io.pilothouse.scheduler.core;

import io.pilothouse.api.v1.AgentMessage;
import io.pilothouse.api.v1.AgentPong;
import io.pilothouse.api.v1.OfferableMachine;
import io.pilothouse.api.v1.PullOfferableReply;
import io.pilothouse.api.v1.SchedulerMessage;
import io.pilothouse.mesos.v1.MasterInfo;
import io.pilothouse.mesos.v1.OperationStatus;
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
import org.jspecify.annotations.Nullable;

/** All that there is around a core, and what must always be so. */
final class SimulatedSite {
  final Random random;

  /** What happened, in order; messages as they are, since their texts take longer than all else. */
  final List<Object> trace = new ArrayList<>();

  final List<SimulatedAgent> agents = new ArrayList<>();
  final List<SimulatedFramework> frameworks = new ArrayList<>();
  private final SimulatedLaws laws = new SimulatedLaws(this);
  private final SimulatedAnswers answers = new SimulatedAnswers(this);
  final Set<String> tornDown = new HashSet<>();
  final Set<String> destroyed = new HashSet<>();
  final SimulatedKeeper keeper = new SimulatedKeeper();
  final Map<String, Deque<Event>> toFrameworks = new HashMap<>();
  final Map<AgentLink, Deque<SchedulerMessage>> toAgents = new HashMap<>();
  final Map<AgentLink, Deque<AgentMessage>> fromAgents = new HashMap<>();
  Core core;
  private Mouth mouth = new Mouth();

  /** One that another was put in the place of while it lived, and that has not noticed yet. */
  private @Nullable Core deposed;

  private long deposedUntil;

  /** Links and streams that end there. */
  private final Set<Object> atDeposed = new HashSet<>();

  long now = 1_000_000;
  long numbers;
  int launched;
  int operations;
  int borrowed;
  int launchedByDeposed;
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
    atDeposed.clear();
    deposed = null;
    agents.forEach(agent -> agent.attached = false);
    frameworks.forEach(framework -> framework.stream = "");
    return begin();
  }

  private Core begin() {
    mouth = new Mouth();
    core =
        new Core(
            CoreOptions.of(
                    MasterInfo.newBuilder().setId("m" + numbers++).setIp(0).setPort(5050).build())
                .reregister(Duration.ofMinutes(2)),
            Allocator.create(Options.DEFAULT.withSeed(random.nextLong())),
            mouth,
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
      moveToTheNewLeader();
      connect();
      lend();
      agents.forEach(SimulatedAgent::live);
      agents.stream()
          .filter(agent -> agent.attached)
          .forEach(agent -> agent.due(now).forEach(message -> say(agent, message)));
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
          at(framework.stream).streamEnded(framework.stream, now);
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
      case 12, 13 -> depose();
      default -> {} // most seconds are quiet
    }
  }

  /**
   * Another scheduler finds that the leader does not run any more, and is wrong: agents and
   * frameworks are still with it, and until it renews its lease it goes on; but nothing that it
   * wants written is.
   */
  private void depose() {
    if (deposed != null) {
      return; // a process believes that seldom
    }
    trace.add("a leader that lives is deposed");
    keeper.loseLeader(random);
    mouth.leads = false;
    deposed = core;
    deposedUntil = now + random.nextInt(4_000);
    agents.stream().filter(agent -> agent.attached).forEach(agent -> atDeposed.add(agent.link));
    frameworks.forEach(framework -> atDeposed.add(framework.stream));
    atDeposed.remove("");
    core = begin();
  }

  /** Each agent when it hears of it, and everybody when the old one stops. */
  private void moveToTheNewLeader() {
    Core old = deposed;
    if (old == null) {
      return;
    }
    boolean stops = now >= deposedUntil;
    for (SimulatedAgent agent : agents) {
      if (atDeposed.contains(agent.link) && (stops || random.nextBoolean())) {
        cut(agent);
      }
    }
    if (stops) {
      frameworks.stream()
          .filter(each -> atDeposed.contains(each.stream))
          .forEach(each -> each.stream = "");
      atDeposed.forEach(toFrameworks::remove);
      atDeposed.clear();
      deposed = null;
    } else {
      old.tick(now);
    }
  }

  /** The core that a link or a stream leads to. */
  private Core at(Object linkOrStream) {
    Core old = deposed;
    return old != null && isAtDeposed(linkOrStream) ? old : core;
  }

  boolean isAtDeposed(Object linkOrStream) {
    return atDeposed.contains(linkOrStream);
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
        at(agent.link).agentDetached(agent.link, now);
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
        at(agent.link).agent(agent.link, up.remove(), now);
      }
      Deque<SchedulerMessage> down = toAgents.getOrDefault(agent.link, new ArrayDeque<>());
      while (agent.attached && !down.isEmpty() && arrives()) {
        SchedulerMessage message = down.remove();
        trace.add(agent.machine + " hears " + message.getKindCase());
        launchedByDeposed += message.hasLaunch() && isAtDeposed(agent.link) ? 1 : 0;
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
      case OFFERS ->
          event.getOffers().getOffersList().forEach(offer -> answers.to(framework, offer));
      case INVERSE_OFFERS ->
          event
              .getInverseOffers()
              .getInverseOffersList()
              .forEach(offer -> answers.to(framework, offer.getId()));
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

  void call(SimulatedFramework framework, Call.Builder call) {
    call.getFrameworkIdBuilder().setValue(framework.id);
    Call built = call.build();
    at(framework.stream).call(built, Optional.of(framework.stream), Optional.empty(), now);
    if (faults && random.nextInt(10) == 0) {
      at(framework.stream).call(built, Optional.of(framework.stream), Optional.empty(), now);
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

  /** What a core says. */
  private final class Mouth implements Outbox {
    boolean leads = true;

    @Override
    public void write(long number, Write what) {
      if (leads) { // what comes under an old token is refused
        trace.add(what);
        keeper.take(number, what);
      }
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
}

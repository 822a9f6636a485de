package io.pilothouse.scheduler.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.AgentMessage;
import io.pilothouse.api.v1.AgentPong;
import io.pilothouse.api.v1.OfferableMachine;
import io.pilothouse.api.v1.PullOfferableReply;
import io.pilothouse.api.v1.SchedulerMessage;
import io.pilothouse.mesos.v1.MasterInfo;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.mesos.v1.master.Response.GetAgents;
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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A scheduler, agents and frameworks, with messages that are late, lost with their connections or
 * sent twice, agents, frameworks and schedulers that crash, and machines that are taken. Nothing is
 * ever allocated twice; once the faults stop, all that was to be told has been.
 */
class SimulationTest {

  @Test
  void nothingIsAllocatedTwiceAndEverythingIsToldAtLast() {
    run(0, 40);
  }

  @Test
  @Tag("large")
  void norInAThousandOtherRuns() {
    run(1_000, 2_000);
  }

  private static void run(int from, int to) {
    int tasks = 0;
    for (int seed = from; seed < to; seed++) {
      try {
        Run run = new Run(seed);
        run.withFaults(150);
        run.quietly(60, 240);
        run.requireAllTold();
        tasks += run.launched;
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
      }
    }
    assertThat(tasks).as("the simulation does something").isGreaterThan((to - from) * 20);
  }

  @ParameterizedTest
  @ValueSource(longs = {3, 77})
  void theSameSeedGivesTheSameRun(long seed) {
    Run first = new Run(seed);
    first.withFaults(150);
    Run second = new Run(seed);
    second.withFaults(150);
    assertThat(second.trace).isEqualTo(first.trace);
    assertThat(second.core.picture().state()).isEqualTo(first.core.picture().state());
  }

  /** A framework that launches small tasks and acknowledges most of what it is told. */
  private static final class SimulatedFramework {
    final String id;
    final int wanted;
    final Map<String, TaskState> seen = new LinkedHashMap<>();
    String stream = "";
    int names;
    long reconciled;

    SimulatedFramework(String id, int wanted) {
      this.id = id;
      this.wanted = wanted;
    }

    long open() {
      return seen.values().stream().filter(state -> !Task.isTerminal(state)).count();
    }
  }

  private static final class Run implements Outbox {
    final Random random;
    final List<String> trace = new ArrayList<>();
    final List<SimulatedAgent> agents = new ArrayList<>();
    final List<SimulatedFramework> frameworks = new ArrayList<>();
    final Map<String, Deque<Event>> toFrameworks = new HashMap<>();
    final Map<AgentLink, Deque<SchedulerMessage>> toAgents = new HashMap<>();
    final Map<AgentLink, Deque<AgentMessage>> fromAgents = new HashMap<>();
    Core core;
    long now = 1_000_000;
    long numbers;
    int launched;
    boolean faults;
    boolean launches = true;

    Run(long seed) {
      random = new Random(seed);
      for (int i = 0; i < 4; i++) {
        agents.add(
            new SimulatedAgent("m" + i, Resources.parse("cpus:4;mem:256;ports:[100-103]"), random));
      }
      for (int i = 0; i < 3; i++) {
        frameworks.add(new SimulatedFramework("f" + i, 2 + random.nextInt(6)));
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
              numbers > 1,
              now);
      agents.forEach(agent -> view(agent, true, 0));
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
                      .setTakenAt(takenAt))
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
      agents.forEach(agent -> view(agent, true, 0));
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
        agents.forEach(SimulatedAgent::live);
        agents.forEach(agent -> agent.due(now).forEach(message -> say(agent, message)));
        deliver();
        core.tick(now);
        deliver();
        for (SimulatedFramework each : frameworks) {
          reconcile(each);
        }
        check();
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
          core = newCore();
        }
        case 6, 7 -> {
          boolean offerable = random.nextBoolean();
          view(
              agents.get(random.nextInt(agents.size())),
              offerable,
              offerable ? 0 : now + random.nextInt(30_000));
        }
        case 8 -> now += random.nextInt(90_000); // everything stood still
        default -> {} // most seconds are quiet
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
          core.subscribe(
              framework.stream,
              Stage.read(
                  ("{'framework_id':{'value':'%s'},'type':'SUBSCRIBE','subscribe':"
                          + "{'framework_info':{'id':{'value':'%s'},'user':'u','name':'n',"
                          + "'failover_timeout':100000,'capabilities':[%s]}}}")
                      .formatted(
                          framework.id,
                          framework.id,
                          framework.wanted % 2 == 0 ? "{'type':'PARTITION_AWARE'}" : ""),
                  Call.getDefaultInstance()),
              Optional.empty(),
              now);
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
      trace.add(framework.id + " hears " + event.getType());
      switch (event.getType()) {
        case OFFERS -> event.getOffers().getOffersList().forEach(offer -> answer(framework, offer));
        case UPDATE -> {
          TaskStatus status = event.getUpdate().getStatus();
          framework.seen.put(status.getTaskId().getValue(), status.getState());
          if (status.hasUuid() && (!faults || random.nextInt(5) > 0)) {
            Call.Builder call = Call.newBuilder().setType(Call.Type.ACKNOWLEDGE);
            call.getAcknowledgeBuilder()
                .setAgentId(status.getAgentId())
                .setTaskId(status.getTaskId())
                .setUuid(status.getUuid());
            call(framework, call);
          }
        }
        default -> {} // heartbeats, rescinds, failures
      }
    }

    private void answer(SimulatedFramework framework, io.pilothouse.mesos.v1.Offer offer) {
      Call.Builder call = Call.newBuilder();
      double cpus =
          offer.getResourcesList().stream()
              .filter(each -> each.getName().equals("cpus"))
              .mapToDouble(each -> each.getScalar().getValue())
              .sum();
      List<Resource> ports =
          offer.getResourcesList().stream().filter(each -> each.getName().equals("ports")).toList();
      if (!launches || framework.open() >= framework.wanted || cpus < 1 || ports.isEmpty()) {
        call.setType(Call.Type.DECLINE);
        call.getDeclineBuilder().addOfferIds(offer.getId());
      } else {
        call.setType(Call.Type.ACCEPT);
        long port = ports.get(0).getRanges().getRange(0).getBegin();
        String name = framework.id + "-" + framework.names++;
        String resources = "cpus:1;ports:[%d-%d]".formatted(port, port);
        String info =
            Stage.taskInfo(
                offer.getAgentId().getValue(), name, resources, "'command':{'value':'x'}");
        call.getAcceptBuilder()
            .addOfferIds(offer.getId())
            .addOperations(
                Stage.read(
                    "{'type':'LAUNCH','launch':{'task_infos':[" + info + "]}}",
                    io.pilothouse.mesos.v1.Offer.Operation.getDefaultInstance()));
        framework.seen.put(name, TaskState.TASK_STAGING);
        launched++;
      }
      if (faults && random.nextInt(10) == 0) {
        return; // the call is lost, or the framework hoards
      }
      call(framework, call);
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
      if (now - framework.reconciled < 30_000 || framework.stream.isEmpty()) {
        return;
      }
      framework.reconciled = now;
      Call.Builder call = Call.newBuilder().setType(Call.Type.RECONCILE);
      framework.seen.forEach(
          (task, state) -> {
            if (!Task.isTerminal(state)) {
              call.getReconcileBuilder().addTasksBuilder().getTaskIdBuilder().setValue(task);
            }
          });
      if (call.getReconcileBuilder().getTasksCount() > 0) {
        call(framework, call);
      }
    }

    /** Of each machine no more is offered and used than there is, and its agent can bear it. */
    private void check() {
      agents.forEach(SimulatedAgent::requireRoom);
      for (GetAgents.Agent agent : core.picture().agents().getAgentsList()) {
        Resources total = ResourceForm.read(agent.getTotalResourcesList());
        Resources used = ResourceForm.read(agent.getAllocatedResourcesList());
        Resources offered = ResourceForm.read(agent.getOfferedResourcesList());
        String what =
            "%s has %s, used are %s and offered %s"
                .formatted(agent.getAgentInfo().getHostname(), total, used, offered);
        if (!total.contains(used.plus(offered))
            || !offered.minus(used.filter(e -> !e.isScalar())).equals(offered)) {
          throw new AssertionError(what);
        }
      }
    }

    void requireAllTold() {
      for (SimulatedAgent agent : agents) {
        assertThat(agent.owesNothing()).as(agent.machine + " owes nobody a status").isTrue();
      }
      Map<String, TaskState> known = new HashMap<>();
      core.picture()
          .tasks()
          .getTasksList()
          .forEach(task -> known.put(task.getTaskId().getValue(), task.getState()));
      for (SimulatedFramework framework : frameworks) {
        framework.seen.forEach(
            (task, state) -> {
              if (Task.isTerminal(state)
                  || state == TaskState.TASK_UNKNOWN
                  || state == TaskState.TASK_UNREACHABLE) {
                return;
              }
              assertThat(known).as("%s is thought to be %s", task, state).containsKey(task);
            });
      }
    }

    // ---- what the core says

    @Override
    public void event(String stream, Event event) {
      toFrameworks.computeIfAbsent(stream, s -> new ArrayDeque<>()).add(event);
    }

    @Override
    public void endStream(String stream) {
      toFrameworks.remove(stream);
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

package io.pilothouse.scheduler.core;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.pilothouse.api.v1.AgentMessage;
import io.pilothouse.api.v1.AgentRegister;
import io.pilothouse.api.v1.OfferRole;
import io.pilothouse.api.v1.OfferableMachine;
import io.pilothouse.api.v1.PullOfferableReply;
import io.pilothouse.api.v1.ReadOffersReply;
import io.pilothouse.api.v1.RunningTask;
import io.pilothouse.api.v1.SchedulerMessage;
import io.pilothouse.api.v1.Veto;
import io.pilothouse.mesos.JsonTroubleException;
import io.pilothouse.mesos.MesosJson;
import io.pilothouse.mesos.v1.FrameworkID;
import io.pilothouse.mesos.v1.MasterInfo;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.mesos.v1.scheduler.Call;
import io.pilothouse.mesos.v1.scheduler.Event;
import io.pilothouse.scheduler.allocator.Allocator;
import io.pilothouse.scheduler.allocator.Options;
import io.pilothouse.scheduler.allocator.resources.Resources;
import io.pilothouse.scheduler.wire.ResourceForm;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.UnaryOperator;

/** A core with agents and frameworks that do as they are told, one step at a time. */
final class Stage {
  final Said said = new Said();
  Core core;
  long now = 1_000_000;

  /** What is to be written down is there at once; else a test says when. */
  boolean writesAtOnce = true;

  private final List<OfferRole> roles = new ArrayList<>();
  private long links;

  Stage() {
    this(options -> options);
  }

  Stage(UnaryOperator<CoreOptions> options) {
    this(options, ReadOffersReply.getDefaultInstance());
  }

  Stage(UnaryOperator<CoreOptions> options, ReadOffersReply remembered) {
    core = newCore(options, remembered, 1);
  }

  Core newCore(UnaryOperator<CoreOptions> options, ReadOffersReply remembered, long seed) {
    MasterInfo info =
        MasterInfo.newBuilder().setId("m").setIp(0).setPort(5050).setHostname("here").build();
    return new Core(
        options.apply(CoreOptions.of(info)),
        Allocator.create(Options.DEFAULT.withSeed(seed)),
        said,
        remembered,
        now);
  }

  void pass(long millis) {
    now += millis;
    core.tick(now);
    settle();
  }

  private void settle() {
    if (writesAtOnce) {
      written();
    }
  }

  /** All that is to be written down is there, with what was only written then. */
  void written() {
    long upTo;
    do {
      upTo = said.number;
      core.written(upTo, now);
    } while (said.number > upTo);
  }

  /** What was to be written down last never will be. */
  void refused(String why) {
    core.notWritten(said.number, why, now);
  }

  void streamEnds(FakeFramework framework) {
    core.streamEnded(framework.stream.id(), now);
    settle();
  }

  // ---- machines

  FakeAgent agent(String machine, String resources) {
    machine(machine, resources, true);
    FakeAgent agent = new FakeAgent(machine, machine + "-agent");
    agent.register();
    return agent;
  }

  void machine(String name, String resources, boolean offerable) {
    machine(name, resources, offerable, 0);
  }

  void machine(String name, String resources, boolean offerable, long takenAt) {
    OfferableMachine.Builder machine =
        OfferableMachine.newBuilder()
            .setName(name)
            .addAllResources(messages(resources))
            .setOfferable(offerable)
            .setTakenAt(takenAt)
            .setTakenBy(takenAt == 0 ? "" : "repair/R-7")
            .setAddress("10.0.0.1:80");
    if (!offerable) {
      machine.addWhyNot(Veto.newBuilder().setKind("repair").setSentence("it is repaired"));
    }
    machines(PullOfferableReply.newBuilder().addMachines(machine));
  }

  void machines(PullOfferableReply.Builder reply) {
    core.machines(reply.addAllRoles(roles).build(), now);
    settle();
  }

  void roles(OfferRole... all) {
    roles.clear();
    roles.addAll(List.of(all));
    machines(PullOfferableReply.newBuilder());
  }

  static List<Resource> messages(String resources) {
    return new ResourceForm(false, false).write(Resources.parse(resources), "");
  }

  /** An agent's side of its stream. */
  final class FakeAgent {
    final String machine;
    final String id;
    AgentLink link = new AgentLink(0);
    final List<RunningTask> running = new ArrayList<>();

    FakeAgent(String machine, String id) {
      this.machine = machine;
      this.id = id;
    }

    FakeAgent register() {
      return register(AgentRegister.newBuilder());
    }

    FakeAgent register(AgentRegister.Builder with) {
      link = new AgentLink(++links);
      with.getAgentBuilder().setHostname(machine).getIdBuilder().setValue(id);
      say(AgentMessage.newBuilder().setRegister(with.addAllTasks(running)));
      return this;
    }

    void say(AgentMessage.Builder message) {
      core.agent(link, message.build(), now);
      settle();
    }

    void pong() {
      say(AgentMessage.newBuilder().setPong(io.pilothouse.api.v1.AgentPong.newBuilder()));
    }

    void detach() {
      core.agentDetached(link, now);
    }

    List<SchedulerMessage> heard() {
      return said.agents.getOrDefault(link, List.of());
    }

    List<SchedulerMessage.KindCase> heardKinds() {
      return heard().stream().map(SchedulerMessage::getKindCase).toList();
    }

    /** Sends a status, and gives its uuid. */
    ByteString tells(FakeFramework framework, String task, TaskState state) {
      return tells(framework, task, state, TaskStatus.newBuilder());
    }

    /** With what the status has beside. */
    ByteString tells(
        FakeFramework framework, String task, TaskState state, TaskStatus.Builder status) {
      byte[] bytes =
          UUID.nameUUIDFromBytes((task + state).getBytes(StandardCharsets.UTF_8))
              .toString()
              .substring(0, 16)
              .getBytes(StandardCharsets.UTF_8);
      ByteString uuid = ByteString.copyFrom(bytes);
      status.setState(state).setUuid(uuid);
      status.getTaskIdBuilder().setValue(task);
      status.getAgentIdBuilder().setValue(id);
      AgentMessage.Builder message = AgentMessage.newBuilder();
      message.getUpdateBuilder().setStatus(status).setLatestState(state.getNumber());
      message.getUpdateBuilder().getFrameworkIdBuilder().setValue(framework.id);
      say(message);
      return uuid;
    }

    /** As it will say when it registers again. */
    void runs(FakeFramework framework, String task, TaskState state, String resources) {
      RunningTask.Builder entry = RunningTask.newBuilder();
      entry.getFrameworkIdBuilder().setValue(framework.id);
      entry.getTaskBuilder().setName(task).addAllResources(messages(resources));
      entry.getTaskBuilder().getTaskIdBuilder().setValue(task);
      entry.getTaskBuilder().getAgentIdBuilder().setValue(id);
      entry.getLatestBuilder().setState(state).getTaskIdBuilder().setValue(task);
      running.add(entry.build());
    }
  }

  // ---- frameworks

  FakeFramework framework(String info) {
    return new FakeFramework(new Stream("s" + ++links), info, "").subscribe();
  }

  FakeFramework framework() {
    return framework("");
  }

  record Stream(String id) {}

  /** A framework's side of its stream. */
  final class FakeFramework {
    Stream stream;
    final String info;
    String id;

    FakeFramework(Stream stream, String info, String id) {
      this.stream = stream;
      this.info = info;
      this.id = id;
    }

    FakeFramework subscribe() {
      String withId = id.isEmpty() ? "" : "'id':{'value':'" + id + "'},";
      String more = info.isEmpty() ? "" : info + ",";
      Call call =
          read(
              "{%s'type':'SUBSCRIBE','subscribe':{'framework_info':{%s%s'user':'u','name':'n'}}}"
                  .formatted(
                      id.isEmpty() ? "" : "'framework_id':{'value':'" + id + "'},", withId, more),
              Call.getDefaultInstance());
      core.subscribe(stream.id(), call, Optional.empty(), now);
      settle();
      return learnId();
    }

    FakeFramework learnId() {
      events().stream()
          .filter(Event::hasSubscribed)
          .findFirst()
          .ifPresent(event -> id = event.getSubscribed().getFrameworkId().getValue());
      return this;
    }

    FakeFramework again() {
      return new FakeFramework(new Stream("s" + ++links), info, id).subscribe();
    }

    Answer call(String json) {
      Call call = read(json, Call.getDefaultInstance());
      Answer answer =
          core.call(
              call.toBuilder().setFrameworkId(FrameworkID.newBuilder().setValue(id)).build(),
              Optional.of(stream.id()),
              Optional.empty(),
              now);
      settle();
      return answer;
    }

    void accepted(String json) {
      assertThat(call(json)).isEqualTo(new Answer.Accepted());
    }

    List<Event> events() {
      return said.events.getOrDefault(stream.id(), List.of());
    }

    List<Event.Type> kinds() {
      return events().stream().map(Event::getType).toList();
    }

    boolean ended() {
      return said.ended.contains(stream.id());
    }

    Event last() {
      return events().get(events().size() - 1);
    }

    List<io.pilothouse.mesos.v1.Offer> offers() {
      return events().stream()
          .flatMap(event -> event.getOffers().getOffersList().stream())
          .toList();
    }

    io.pilothouse.mesos.v1.Offer lastOffer() {
      return offers().get(offers().size() - 1);
    }

    List<TaskStatus> statuses() {
      return events().stream()
          .filter(Event::hasUpdate)
          .map(event -> event.getUpdate().getStatus())
          .toList();
    }

    TaskStatus lastStatus() {
      return statuses().get(statuses().size() - 1);
    }

    void launch(String task, String resources) {
      launch(lastOffer(), task, resources, "'command':{'value':'true'}");
    }

    void launch(io.pilothouse.mesos.v1.Offer offer, String task, String resources, String what) {
      accepted(
          "{'type':'ACCEPT','accept':{'offer_ids':[{'value':'%s'}],'operations':[%s]}}"
              .formatted(
                  offer.getId().getValue(),
                  launchOperation(offer.getAgentId().getValue(), task, resources, what)));
    }

    void acknowledge(FakeAgent agent, String task, ByteString uuid) {
      accepted(
          ("{'type':'ACKNOWLEDGE','acknowledge':{'agent_id':{'value':'%s'},"
                  + "'task_id':{'value':'%s'},'uuid':'%s'}}")
              .formatted(
                  agent.id,
                  task,
                  java.util.Base64.getEncoder().encodeToString(uuid.toByteArray())));
    }
  }

  static String launchOperation(String agent, String task, String resources, String what) {
    return "{'type':'LAUNCH','launch':{'task_infos':[%s]}}"
        .formatted(taskInfo(agent, task, resources, what));
  }

  static String taskInfo(String agent, String task, String resources, String what) {
    String list =
        messages(resources).stream()
            .map(each -> new String(MesosJson.write(each), StandardCharsets.UTF_8))
            .map(each -> each.replace('"', '\''))
            .reduce((a, b) -> a + "," + b)
            .orElse("");
    return "{'name':'t','task_id':{'value':'%s'},'agent_id':{'value':'%s'},'resources':[%s],%s}"
        .formatted(task, agent, list, what);
  }

  static <M extends com.google.protobuf.Message> M read(String json, M prototype) {
    try {
      return MesosJson.read(json.replace('\'', '"').getBytes(StandardCharsets.UTF_8), prototype);
    } catch (JsonTroubleException e) {
      throw new IllegalArgumentException(json, e);
    }
  }
}

package io.pilothouse.scheduler.core;

import io.pilothouse.api.v1.AgentMessage;
import io.pilothouse.api.v1.PullOfferableReply;
import io.pilothouse.mesos.JsonTroubleException;
import io.pilothouse.mesos.v1.FrameworkID;
import io.pilothouse.mesos.v1.Offer.Operation;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.master.Response.GetAgents;
import io.pilothouse.mesos.v1.master.Response.GetFrameworks;
import io.pilothouse.mesos.v1.scheduler.Call;
import io.pilothouse.mesos.v1.scheduler.Event;
import io.pilothouse.scheduler.allocator.resources.Resources;
import io.pilothouse.scheduler.core.Stage.FakeAgent;
import io.pilothouse.scheduler.core.Stage.FakeFramework;
import io.pilothouse.scheduler.validation.CallCheck;
import io.pilothouse.scheduler.wire.ResourceForm;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A core in the midst of its work, the same each time: three machines, a framework whose task runs
 * on m1, which has offers and is asked for m3 back. It takes a line at a time: a letter for who
 * speaks, and what he says as JSON.
 */
final class FuzzedSite {
  static final String INFO =
      "'id':{'value':'db-1'},'failover_timeout':600,'roles':['db','*'],'capabilities':["
          + "{'type':'MULTI_ROLE'},{'type':'RESERVATION_REFINEMENT'},{'type':'PARTITION_AWARE'},"
          + "{'type':'REVOCABLE_RESOURCES'},{'type':'SHARED_RESOURCES'}]";

  /** Those that an operator can ask for. */
  private static final Set<Operation.Type> OPERATORS =
      EnumSet.of(
          Operation.Type.RESERVE,
          Operation.Type.UNRESERVE,
          Operation.Type.CREATE,
          Operation.Type.DESTROY,
          Operation.Type.GROW_VOLUME,
          Operation.Type.SHRINK_VOLUME);

  private static final long LONGEST_TICK = 1_000_000;

  final Stage stage = new Stage();
  final FakeAgent agent = stage.agent("m1", "cpus:4;mem:1024;disk:500;ports:[31000-31010]");
  final FakeFramework framework;
  private String stream;
  private int streams;

  /** Whether only frameworks and operators have spoken, who cannot make a machine smaller. */
  private boolean isWhole = true;

  FuzzedSite() {
    stage.agent("m2", "cpus:2;mem:512");
    FakeAgent taken = stage.agent("m3", "cpus:2;mem:512");
    framework = stage.framework(INFO);
    stage.pass(1_000);
    launch("m1", "t1");
    agent.tells(framework, "t1", TaskState.TASK_RUNNING);
    launch("m3", "t8");
    taken.tells(framework, "t8", TaskState.TASK_RUNNING);
    stage.machine("m3", "cpus:2;mem:512", false, stage.now + 600_000);
    stage.pass(6_000); // what it did not use is offered again
    agent.tells(framework, "t1", TaskState.TASK_RUNNING);
    stream = framework.stream.id();
  }

  private void launch(String machine, String task) {
    io.pilothouse.mesos.v1.Offer offer =
        framework.offers().stream()
            .filter(each -> each.getHostname().equals(machine))
            .reduce((a, b) -> b)
            .orElseThrow();
    framework.launch(offer, task, "cpus:0.5;mem:32", "'command':{'value':'x'}");
  }

  /** Of the newest offer of a machine. */
  String offer(String machine) {
    return framework.offers().stream()
        .filter(each -> each.getHostname().equals(machine))
        .reduce((a, b) -> b)
        .orElseThrow()
        .getId()
        .getValue();
  }

  String inverse() {
    return framework.events().stream()
        .filter(Event::hasInverseOffers)
        .reduce((a, b) -> b)
        .orElseThrow()
        .getInverseOffers()
        .getInverseOffers(0)
        .getId()
        .getValue();
  }

  /** Whether the line could be read. */
  boolean takes(String line) {
    if (line.isEmpty()) {
      return true;
    }
    String said = line.substring(1);
    try {
      switch (line.charAt(0)) {
        case 'c' -> {
          return call(CoreFuzzTest.read(said, Call.getDefaultInstance()));
        }
        case 's' -> {
          return subscribe(CoreFuzzTest.read(said, Call.getDefaultInstance()));
        }
        case 'o' -> {
          return operate(CoreFuzzTest.read(said, Operation.getDefaultInstance()));
        }
        case 'a' -> say(agent.link, CoreFuzzTest.read(said, AgentMessage.getDefaultInstance()));
        case 'b' -> {
          agent.link = new AgentLink(1_000 + ++streams);
          say(agent.link, CoreFuzzTest.read(said, AgentMessage.getDefaultInstance()));
        }
        case 'm' -> {
          isWhole = false;
          stage.core.machines(
              CoreFuzzTest.read(said, PullOfferableReply.getDefaultInstance()), stage.now);
        }
        case 't' -> stage.now += Math.clamp(Long.parseLong(said), 0, LONGEST_TICK);
        case 'e' -> stage.core.streamEnded(stream, stage.now);
        case 'd' -> stage.core.agentDetached(agent.link, stage.now);
        default -> {
          return false;
        }
      }
    } catch (JsonTroubleException | NumberFormatException e) {
      return false;
    }
    stage.pass(1);
    return true;
  }

  private void say(AgentLink link, AgentMessage message) {
    isWhole = false;
    stage.core.agent(link, message, stage.now);
  }

  private boolean call(Call call) {
    Call of =
        call.hasFrameworkId()
            ? call
            : call.toBuilder().setFrameworkId(FrameworkID.newBuilder().setValue("db-1")).build();
    if (of.getType() == Call.Type.SUBSCRIBE
        || CallCheck.objection(of, Optional.empty()).isPresent()) {
      return false;
    }
    Answer answer = stage.core.call(of, Optional.of(stream), Optional.empty(), stage.now);
    stage.pass(1);
    return !(answer instanceof Answer.Refused);
  }

  private boolean subscribe(Call call) {
    if (call.getType() != Call.Type.SUBSCRIBE
        || CallCheck.objection(call, Optional.empty()).isPresent()) {
      return false;
    }
    String fresh = "fresh-" + ++streams;
    stage.core.subscribe(fresh, call, Optional.empty(), stage.now);
    stage.pass(1);
    if (stage.said.ended.contains(fresh)) {
      return false;
    }
    stream = fresh;
    return true;
  }

  private boolean operate(Operation operation) {
    if (!OPERATORS.contains(operation.getType())) {
      return false;
    }
    stage.core.operate("m1-agent", operation, Optional.empty(), answer -> {}, stage.now);
    stage.pass(1);
    return true;
  }

  /** Now, after a while, and when all who spoke are gone and somebody new comes. */
  void hold() {
    stage.pass(1_000);
    requireRoom();
    stage.pass(6_000);
    requireRoom();
    views();
    for (GetFrameworks.Framework each : stage.core.picture().frameworks().getFrameworksList()) {
      stage.core.tearDown(each.getFrameworkInfo().getId().getValue(), stage.now);
      stage.pass(1);
    }
    FakeFramework next =
        stage.framework(
            "'roles':['db','*'],'capabilities':[{'type':'MULTI_ROLE'},"
                + "{'type':'RESERVATION_REFINEMENT'}]");
    stage.pass(1_000);
    requireRoom();
    if (isWhole) {
      requireNothingLost(next);
    }
  }

  /** All that can be asked of it. */
  private void views() {
    var unused = stage.core.picture().state();
    var unusedToo = stage.core.picture().metrics();
    var unusedThree = stage.core.picture().operations();
    var unusedFour = stage.core.questions(stage.now).roles();
    var unusedFive = stage.core.questions(stage.now).maintenance();
  }

  /** Of no machine more is used and offered than there is. */
  private void requireRoom() {
    for (GetAgents.Agent each : stage.core.picture().agents().getAgentsList()) {
      Resources total = ResourceForm.read(each.getTotalResourcesList());
      Resources used = ResourceForm.read(each.getAllocatedResourcesList());
      Resources offered = ResourceForm.read(each.getOfferedResourcesList());
      boolean right = isWhole ? total.contains(used.plus(offered)) : total.contains(offered);
      if (!right) {
        throw new AssertionError(
            "%s has %s, used are %s and offered %s"
                .formatted(each.getAgentInfo().getHostname(), total, used, offered));
      }
    }
  }

  /** What is not reserved and not used is offered to whoever is alone there. */
  private void requireNothingLost(FakeFramework to) {
    List<GetAgents.Agent> all = stage.core.picture().agents().getAgentsList();
    for (GetAgents.Agent each : all) {
      String name = each.getAgentInfo().getHostname();
      Resources total = ResourceForm.read(each.getTotalResourcesList());
      Resources free =
          total
              .minus(ResourceForm.read(each.getAllocatedResourcesList()))
              .minus(ResourceForm.read(each.getOfferedResourcesList()))
              .filter(entry -> entry.kind().reservations().isEmpty());
      if (each.getActive() && !name.equals("m3") && !free.isEmpty()) {
        throw new AssertionError(
            "%s has %s, of which %s is offered to nobody; heard %s"
                .formatted(name, total, free, to.kinds()));
      }
    }
  }
}

package io.pilothouse.scheduler.core;

import io.pilothouse.api.v1.AgentMessage;
import io.pilothouse.api.v1.ExecutorEnded;
import io.pilothouse.api.v1.ExecutorToFramework;
import io.pilothouse.api.v1.FrameworkToExecutor;
import io.pilothouse.api.v1.PullOfferableReply;
import io.pilothouse.api.v1.ReadOffersReply;
import io.pilothouse.api.v1.SchedulerMessage;
import io.pilothouse.mesos.v1.Offer.Operation;
import io.pilothouse.mesos.v1.scheduler.Call;
import io.pilothouse.mesos.v1.scheduler.Event;
import io.pilothouse.scheduler.allocator.Allocator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The scheduler's core: one input after the other, each with its time. What is to be said comes out
 * at the {@link Outbox}, before the method returns. Used by one thread.
 */
public final class Core {
  private static final Logger log = LoggerFactory.getLogger(Core.class);

  /** Between two batches of the allocator. */
  private static final long BATCH = 1_000;

  private final Tables tables;
  private final Offering offering;
  private final Statuses statuses;
  private final Operations operations;
  private final Launching launching;
  private final Frameworks frameworks;
  private final Agents agents;
  private final Picture picture;
  private final Revocation revocation;
  private final Consents consents;
  private final CutOff cutOff;
  private final Lending lending;
  private long nextBatch;

  /**
   * @param remembered what earlier leaders wrote down
   */
  public Core(
      CoreOptions options,
      Allocator allocator,
      Outbox outbox,
      ReadOffersReply remembered,
      long now) {
    tables = new Tables(options, allocator, outbox);
    tables.now = now;
    offering = new Offering(tables);
    statuses = new Statuses(tables);
    revocation = new Revocation(tables, offering, statuses);
    consents = new Consents(tables, statuses);
    cutOff = new CutOff(tables);
    lending = new Lending(tables, offering);
    operations = new Operations(tables, offering);
    launching = new Launching(tables, offering, statuses, operations);
    frameworks = new Frameworks(tables, offering, statuses);
    agents = new Agents(tables, offering, statuses, frameworks, remembered.getAgentsList());
    frameworks.remember(remembered.getFrameworksList());
    tables.operations.remember();
    picture = new Picture(tables);
    nextBatch = now;
  }

  /** Time passes: several times a second. */
  public void tick(long now) {
    advance(now);
    for (Framework each : tables.byStream.values().stream().sorted(Core::byArrival).toList()) {
      if (now >= each.nextHeartbeat) {
        each.nextHeartbeat = now + tables.options.heartbeat();
        tables.tell(each, Event.newBuilder().setType(Event.Type.HEARTBEAT));
      }
    }
    frameworks.removeOverdue();
    offering.expire();
    agents.ask();
    agents.empty();
    tables.operations.tick();
    if (now >= nextBatch) {
      nextBatch = now + BATCH;
      tables.allocateSoon = false;
      offering.make(true);
      tables.inverse.make();
      consents.tell();
      revocation.look();
      cutOff.look();
      agents.note();
    } else if (tables.allocateSoon) {
      tables.allocateSoon = false;
      offering.make(false);
    }
  }

  /**
   * For so long nothing was looked at, so that nobody could be heard: before the tick that is late.
   */
  public void paused(long millis, long now) {
    advance(now);
    agents.paused(millis);
  }

  private static int byArrival(Framework a, Framework b) {
    int registered = Long.compare(a.registered, b.registered);
    return registered != 0 ? registered : a.id.compareTo(b.id);
  }

  /** A clock that is set back does not go backwards here. */
  private void advance(long now) {
    tables.now = Math.max(tables.now, now);
  }

  // ---- frameworks

  /** A checked SUBSCRIBE; the answer, refusals too, are events on the stream. */
  public void subscribe(String stream, Call call, Optional<String> principal, long now) {
    advance(now);
    frameworks.subscribe(stream, call.getSubscribe(), principal);
  }

  public void streamEnded(String stream, long now) {
    advance(now);
    frameworks.streamEnded(stream);
  }

  /**
   * Any other call that has been checked.
   *
   * @param stream what the caller says its stream is
   * @param principal whom it has authenticated as, if that is asked for
   */
  public Answer call(Call call, Optional<String> stream, Optional<String> principal, long now) {
    advance(now);
    @Nullable Framework framework = tables.frameworks.get(call.getFrameworkId().getValue());
    if (framework == null) {
      return new Answer.Refused(400, "Framework cannot be found");
    }
    Optional<Answer.Refused> refusal = refusal(framework, stream, principal);
    if (refusal.isPresent()) {
      return refusal.get();
    }
    if (call.getType() == Call.Type.UPDATE_FRAMEWORK) {
      return frameworks.update(framework, call.getUpdateFramework(), principal);
    }
    if (call.getType() == Call.Type.UNKNOWN) {
      return new Answer.Refused(501, "");
    }
    carryOut(framework, call);
    return new Answer.Accepted();
  }

  private static Optional<Answer.Refused> refusal(
      Framework framework, Optional<String> stream, Optional<String> principal) {
    if (principal.isPresent() && !framework.info.getPrincipal().equals(principal.get())) {
      return Optional.of(
          new Answer.Refused(
              400,
              ("Authenticated principal '%s' does not match principal '%s' set in"
                      + " `FrameworkInfo`")
                  .formatted(principal.get(), framework.info.getPrincipal())));
    }
    if (framework.stream == null) {
      return Optional.of(new Answer.Refused(403, "Framework is not subscribed"));
    }
    if (stream.isEmpty()) {
      return Optional.of(
          new Answer.Refused(
              400, "All non-subscribe calls should include the 'Mesos-Stream-Id' header"));
    }
    if (!stream.get().equals(framework.stream)) {
      return Optional.of(
          new Answer.Refused(
              400,
              ("The stream ID '%s' included in this request didn't match the stream ID currently"
                      + " associated with framework ID %s")
                  .formatted(stream.get(), framework.id)));
    }
    return Optional.empty();
  }

  private void carryOut(Framework framework, Call call) {
    switch (call.getType()) {
      case TEARDOWN -> frameworks.remove(framework, "it asked for it");
      case ACCEPT -> launching.accept(framework, call.getAccept());
      case DECLINE ->
          offering.decline(
              framework, call.getDecline().getOfferIdsList(), call.getDecline().getFilters());
      case ACCEPT_INVERSE_OFFERS -> consents.agrees(framework, call.getAcceptInverseOffers());
      case DECLINE_INVERSE_OFFERS -> consents.declines(framework, call.getDeclineInverseOffers());
      case REVIVE -> {
        ofItsRoles(framework, call.getRevive().getRolesList())
            .ifPresent(roles -> tables.allocator.revive(framework.id, roles));
        tables.allocateSoon = true;
      }
      case SUPPRESS ->
          ofItsRoles(framework, call.getSuppress().getRolesList())
              .ifPresent(
                  roles -> {
                    tables.allocator.suppress(framework.id, roles);
                    framework.requests.drop(roles);
                  });
      case KILL -> statuses.kill(framework, call.getKill());
      case SHUTDOWN -> launching.shutDown(framework, call.getShutdown());
      case ACKNOWLEDGE -> statuses.acknowledge(framework, call.getAcknowledge());
      case RECONCILE -> statuses.reconcile(framework, call.getReconcile());
      case MESSAGE -> pass(framework, call.getMessage());
      case ACKNOWLEDGE_OPERATION_STATUS ->
          tables.operations.acknowledge(framework, call.getAcknowledgeOperationStatus());
      case RECONCILE_OPERATIONS ->
          tables.operations.reconcile(framework, call.getReconcileOperations());
      // offers are made as shares say, whatever is asked for; priority may make room for it
      case REQUEST ->
          framework.requests.are(
              call.getRequest().getRequestsList(), framework.roles(), tables.now);
      case SUBSCRIBE, UPDATE_FRAMEWORK, UNKNOWN ->
          throw new IllegalStateException("has its own way: " + call.getType());
    }
  }

  /** None named: all of them. Those that it is not in are ignored; empty: it named only such. */
  private static Optional<List<String>> ofItsRoles(Framework framework, List<String> named) {
    Set<String> its = framework.roles();
    List<String> known = named.stream().filter(its::contains).distinct().toList();
    if (known.size() < named.size()) {
      log.info(
          "Framework {} names roles {}; those that it is not in are ignored, it is in {}",
          framework.id,
          named,
          its);
    }
    return named.isEmpty() || !known.isEmpty() ? Optional.of(known) : Optional.empty();
  }

  /** Best effort: what goes to an agent that is away is lost, as in Mesos. */
  private void pass(Framework framework, Call.Message call) {
    @Nullable Agent agent = tables.agents.get(call.getAgentId().getValue());
    if (agent != null && agent.link != null) {
      tables.outbox.toAgent(
          agent.link,
          SchedulerMessage.newBuilder()
              .setMessage(
                  FrameworkToExecutor.newBuilder()
                      .setFrameworkId(framework.frameworkId())
                      .setExecutorId(call.getExecutorId())
                      .setData(call.getData()))
              .build());
    }
  }

  // ---- agents and machines

  /** On a stream of an agent; the first on each is its registration. */
  public void agent(AgentLink link, AgentMessage message, long now) {
    advance(now);
    if (message.getKindCase() == AgentMessage.KindCase.REGISTER) {
      agents.register(link, message.getRegister());
      return;
    }
    @Nullable Agent agent = tables.byLink.get(link);
    if (agent == null) {
      return; // of a stream that has been ended already
    }
    agent.heard = tables.now;
    if (!MessageCheck.isWhole(message)) {
      log.warn("Agent {} on {} does not say of whom it speaks; ignored", agent.id, agent.machine);
      return;
    }
    switch (message.getKindCase()) {
      case UPDATE -> statuses.update(agent, message.getUpdate());
      case MESSAGE -> pass(agent, message.getMessage());
      case EXECUTOR_ENDED -> ended(agent, message.getExecutorEnded());
      case OVERSUBSCRIBED -> lending.heard(agent, message.getOversubscribed().getResourcesList());
      case PONG, SANDBOX, REGISTER, KIND_NOT_SET -> {} // it lives
    }
  }

  private void pass(Agent agent, ExecutorToFramework message) {
    @Nullable Framework framework = tables.frameworks.get(message.getFrameworkId().getValue());
    if (framework != null) {
      agent.show(framework.id, message.getExecutorId().getValue());
      tables.tell(
          framework,
          Event.newBuilder()
              .setType(Event.Type.MESSAGE)
              .setMessage(
                  Event.Message.newBuilder()
                      .setAgentId(agent.agentId())
                      .setExecutorId(message.getExecutorId())
                      .setData(message.getData())));
    }
  }

  private void ended(Agent agent, ExecutorEnded message) {
    agent
        .removeExecutor(message.getFrameworkId().getValue(), message.getExecutorId().getValue())
        .ifPresent(
            each -> tables.allocator.recover(each.allocation(), OptionalLong.empty(), tables.now));
    @Nullable Framework framework = tables.frameworks.get(message.getFrameworkId().getValue());
    if (framework != null) {
      tables.tell(
          framework,
          Event.newBuilder()
              .setType(Event.Type.FAILURE)
              .setFailure(
                  Event.Failure.newBuilder()
                      .setAgentId(agent.agentId())
                      .setExecutorId(message.getExecutorId())
                      .setStatus(message.getStatus())));
    }
  }

  public void agentDetached(AgentLink link, long now) {
    advance(now);
    agents.detached(link);
  }

  public void machines(PullOfferableReply reply, long now) {
    advance(now);
    agents.machines(reply);
    tables.shares.are(reply.getRolesList());
  }

  /** Why another scheduler should lead, if one can: docs/internals/offers.md, failure cases. */
  public Optional<String> cutOff() {
    return cutOff.why();
  }

  // ---- what is to outlive this scheduler

  /** All that was numbered so far is written down, or was refused. */
  public void written(long upTo, long now) {
    advance(now);
    tables.writes.written(upTo);
  }

  /** This will never be written down: the Device Manager says that it is wrong. */
  public void notWritten(long number, String why, long now) {
    advance(now);
    tables.writes.refused(number, why);
  }

  // ---- operators

  public Picture picture() {
    return picture;
  }

  /** What people ask: read at once, on the thread that decides. */
  public Questions questions(long now) {
    advance(now);
    return new Questions(tables);
  }

  /**
   * An operation on what nobody has of an agent.
   *
   * @param reply is told 202 once it is written down, 400 or 409 and why; perhaps never, if this
   *     core does not last
   */
  public void operate(
      String agent,
      Operation operation,
      Optional<String> principal,
      Consumer<Answer> reply,
      long now) {
    advance(now);
    operations.operate(agent, operation, principal, reply);
  }

  /** An operator ends a framework; false: there is none of this id. */
  public boolean tearDown(String id, long now) {
    return tearDown(id, "an operator asked for it", now);
  }

  /** The same, with who asked for it and why. */
  public boolean tearDown(String id, String why, long now) {
    advance(now);
    @Nullable Framework framework = tables.frameworks.get(id);
    if (framework == null) {
      return frameworks.tearDown(id, why);
    }
    frameworks.remove(framework, why);
    return true;
  }
}

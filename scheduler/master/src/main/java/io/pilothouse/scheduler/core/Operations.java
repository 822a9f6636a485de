package io.pilothouse.scheduler.core;

import io.pilothouse.mesos.v1.FrameworkInfo;
import io.pilothouse.mesos.v1.Offer.Operation;
import io.pilothouse.mesos.v1.OperationState;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.scheduler.allocator.Allocation;
import io.pilothouse.scheduler.allocator.resources.Entry;
import io.pilothouse.scheduler.allocator.resources.Resources;
import io.pilothouse.scheduler.validation.OperationCheck;
import io.pilothouse.scheduler.validation.OperationCheck.Place;
import io.pilothouse.scheduler.wire.AgentForm;
import io.pilothouse.scheduler.wire.Conversion;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Operations that make reservations and volumes of an agent's resources, and undo them. They count
 * at once; nothing of the agent is offered or launched until they are written down.
 */
final class Operations {
  /** Of what is held on one agent: the Device Manager takes as much. */
  private static final int LARGEST = 64 << 10;

  private final Tables tables;
  private final Offering offering;

  Operations(Tables tables, Offering offering) {
    this.tables = tables;
    this.offering = offering;
  }

  /** Where a framework does it, and with what. */
  record Offered(Framework framework, Agent agent, String role, Resources left) {}

  /**
   * On what a framework was offered.
   *
   * @return what is left after it; the same if it is refused
   */
  Resources perform(Offered offered, Operation asked) {
    Framework framework = offered.framework();
    Operation operation = withRole(asked, offered.role());
    Optional<String> objection =
        tables
            .operations
            .objection(framework, operation)
            .or(() -> OperationCheck.objection(operation, place(offered)));
    if (objection.isPresent()) {
      return refused(offered, operation, objection.get());
    }
    Conversion conversion = Conversion.of(operation);
    if (!offered.left().contains(conversion.consumed())) {
      return refused(offered, operation, lacks(offered.left(), conversion));
    }
    Agent agent = offered.agent();
    Resources consumed = withCopies(conversion.consumed(), offered.left());
    AgentRecord record = agent.requireRecord();
    Holdings then = after(record, conversion);
    Optional<KnownOperation> known =
        operation.hasId()
            ? Optional.of(tables.operations.begin(framework, agent, operation))
            : Optional.empty();
    Holdings kept = known.map(OperationStatuses::kept).map(then::with).orElse(then);
    if (kept.bytes().size() > LARGEST) {
      known.ifPresent(each -> framework.operations.remove(each.id()));
      return refused(offered, operation, tooMuch(kept));
    }
    rescindShared(agent, conversion.consumed());
    tables.allocator.exchange(
        framework.id, offered.role(), agent.id, consumed, conversion.produced());
    become(
        agent,
        kept,
        () -> known.ifPresent(tables.operations::finish),
        why -> known.ifPresent(each -> tables.operations.drop(each, notKept(why))));
    tables.counts.operations++;
    return offered.left().minus(consumed).plus(conversion.produced());
  }

  /** What is shared goes with all its copies: two offers of it may have been accepted together. */
  private static Resources withCopies(Resources consumed, Resources left) {
    Resources copies =
        left.shared()
            .filter(each -> consumed.contains(Resources.of(new Entry(each.kind(), each.value()))));
    return consumed.notShared().plus(copies);
  }

  private Resources refused(Offered offered, Operation operation, String why) {
    tables.operations.refuse(offered.framework(), operation, OperationState.OPERATION_ERROR, why);
    return offered.left();
  }

  private static Place place(Offered offered) {
    FrameworkInfo info = offered.framework().info;
    return new Place(
        info.getPrincipal().isEmpty() ? Optional.empty() : Optional.of(info.getPrincipal()),
        Optional.of(offered.role()),
        offered.agent().requireRecord().holdings().held(),
        used(offered.agent()),
        offered.framework().can(FrameworkInfo.Capability.Type.SHARED_RESOURCES)
            ? Optional.empty()
            : Optional.of(offered.framework().id));
  }

  private static Resources used(Agent agent) {
    return agent.used().stream().map(Allocation::resources).reduce(Resources.NONE, Resources::plus);
  }

  private static String lacks(Resources has, Conversion conversion) {
    return "'%s' does not contain '%s'".formatted(has, conversion.consumed());
  }

  private static String tooMuch(Holdings holdings) {
    return "what is reserved on this agent would take %s bytes to describe; expected at most %s"
        .formatted(holdings.bytes().size(), LARGEST);
  }

  private static String notKept(String why) {
    return "The Device Manager does not keep it: " + why;
  }

  private Holdings after(AgentRecord record, Conversion conversion) {
    return tables.operations.current(record.holdings()).after(conversion, () -> tables.nextId("V"));
  }

  /** From here on nothing else of it is offered until it is written down. */
  private void become(Agent agent, Holdings to, Runnable done, Consumer<String> refused) {
    agent.requireRecord().become(to, done, refused);
    agent.count();
    tables.allocator.updateAgent(AgentForm.of(agent.info, agent.total, Offering.attributes(agent)));
    if (agent.requireRecord().isPending()) {
      tables.allocator.setOfferable(agent.id, Optional.of(AgentRecord.PENDING));
    }
  }

  /** What a framework of one role need not say. */
  private static Operation withRole(Operation asked, String role) {
    Operation.Builder operation = asked.toBuilder();
    switch (asked.getType()) {
      case RESERVE ->
          operation.getReserveBuilder().getResourcesBuilderList().forEach(each -> say(each, role));
      case UNRESERVE ->
          operation
              .getUnreserveBuilder()
              .getResourcesBuilderList()
              .forEach(each -> say(each, role));
      case CREATE ->
          operation.getCreateBuilder().getVolumesBuilderList().forEach(each -> say(each, role));
      case DESTROY ->
          operation.getDestroyBuilder().getVolumesBuilderList().forEach(each -> say(each, role));
      case GROW_VOLUME -> {
        say(operation.getGrowVolumeBuilder().getVolumeBuilder(), role);
        say(operation.getGrowVolumeBuilder().getAdditionBuilder(), role);
      }
      case SHRINK_VOLUME -> say(operation.getShrinkVolumeBuilder().getVolumeBuilder(), role);
      case UNKNOWN, LAUNCH, LAUNCH_GROUP, CREATE_DISK, DESTROY_DISK -> {}
    }
    return operation.buildPartial();
  }

  private static void say(Resource.Builder resource, String role) {
    if (!resource.hasAllocationInfo()) {
      resource.getAllocationInfoBuilder().setRole(role);
    }
  }

  // ---- operators

  /**
   * On what nobody has, or is only offered: such offers are rescinded.
   *
   * @param reply 202 once it is written down; 400 it makes no sense; 409 it cannot be done now
   */
  void operate(String id, Operation operation, Optional<String> principal, Consumer<Answer> reply) {
    @Nullable Agent agent = tables.agents.get(id);
    if (agent == null) {
      reply.accept(new Answer.Refused(400, "No agent found with specified ID"));
      return;
    }
    @Nullable AgentRecord record = agent.record;
    Optional<String> closed =
        record == null
            ? Optional.of("the Device Manager sets nothing of it aside")
            : record.objection();
    if (record == null || closed.isPresent()) {
      reply.accept(conflict(agent, closed.orElseThrow()));
      return;
    }
    Place place =
        new Place(
            principal, Optional.empty(), record.holdings().held(), used(agent), Optional.empty());
    Optional<String> objection = OperationCheck.objection(operation, place);
    if (objection.isPresent()) {
      reply.accept(
          new Answer.Refused(
              400,
              "Invalid %s operation on agent %s: %s"
                  .formatted(operation.getType(), id, objection.get())));
      return;
    }
    Conversion conversion = Conversion.of(operation);
    Resources free = tables.allocator.free(id).plus(agent.lacking());
    Resources offered =
        agent.offers.stream().map(Offer::resources).reduce(Resources.NONE, Resources::plus);
    if (!free.plus(offered).contains(conversion.consumed())) {
      reply.accept(conflict(agent, lacks(free.plus(offered), conversion)));
      return;
    }
    Holdings then = after(record, conversion);
    if (then.bytes().size() > LARGEST) {
      reply.accept(conflict(agent, tooMuch(then)));
      return;
    }
    rescindFor(agent, conversion.consumed().minus(free));
    rescindShared(agent, conversion.consumed());
    tables.counts.operations++;
    become(
        agent,
        then,
        () -> reply.accept(new Answer.Accepted()),
        why -> reply.accept(conflict(agent, notKept(why))));
  }

  private static Answer conflict(Agent agent, String why) {
    return new Answer.Refused(409, "On agent %s: %s".formatted(agent.id, why));
  }

  /**
   * What is shared may be in several offers, and be free as well: none of them is good any more.
   */
  private void rescindShared(Agent agent, Resources consumed) {
    for (Entry gone : consumed.shared()) {
      for (Offer offer : List.copyOf(agent.offers)) {
        if (offer.resources().contains(Resources.of(gone))) {
          offering.rescind(offer);
        }
      }
    }
  }

  /** Only offers that help. */
  private void rescindFor(Agent agent, Resources missing) {
    Resources required = missing;
    for (Offer offer : List.copyOf(agent.offers)) {
      Resources after = required.minus(offer.resources());
      if (!after.equals(required)) {
        offering.rescind(offer);
        required = after;
      }
    }
  }
}

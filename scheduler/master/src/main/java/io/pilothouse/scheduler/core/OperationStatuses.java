package io.pilothouse.scheduler.core;

import com.google.protobuf.ByteString;
import io.pilothouse.api.v1.KeptOperation;
import io.pilothouse.mesos.v1.AgentID;
import io.pilothouse.mesos.v1.Offer.Operation;
import io.pilothouse.mesos.v1.OperationID;
import io.pilothouse.mesos.v1.OperationState;
import io.pilothouse.mesos.v1.OperationStatus;
import io.pilothouse.mesos.v1.UUID;
import io.pilothouse.mesos.v1.scheduler.Call;
import io.pilothouse.mesos.v1.scheduler.Event;
import io.pilothouse.scheduler.validation.Ids;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What frameworks are told of operations that they gave an id. That one is done is written down
 * with what it did, and told until it is acknowledged, by the next leader, too. That one is refused
 * or lost is told once, as in Mesos.
 */
final class OperationStatuses {
  /** Of one framework, that it has not acknowledged. */
  private static final int MOST = 1_000;

  private static final long AGAIN = 10_000;
  private static final long LONGEST = 600_000;

  private final Tables tables;

  /** Frameworks that have something to acknowledge. */
  private final Set<Framework> owing = new LinkedHashSet<>();

  OperationStatuses(Tables tables) {
    this.tables = tables;
  }

  // ---- of one operation

  /** Why its id cannot be taken. */
  Optional<String> objection(Framework framework, Operation operation) {
    if (!operation.hasId()) {
      return Optional.empty();
    }
    String id = operation.getId().getValue();
    if (framework.operations.containsKey(id)) {
      return Optional.of("Operation has duplicate ID: " + id);
    }
    if (framework.operations.size() >= MOST) {
      return Optional.of(
          "The framework has not acknowledged the statuses of %s operations; no more are taken"
              .formatted(framework.operations.size()));
    }
    return Ids.objection(id).map(objection -> "Invalid operation ID: " + objection);
  }

  /** Who gave it an id is told; who did not never is. */
  void refuse(Framework framework, Operation operation, OperationState state, String why) {
    if (operation.hasId()) {
      tell(
          framework,
          OperationStatus.newBuilder()
              .setOperationId(operation.getId())
              .setState(state)
              .setMessage(why));
    }
  }

  /** It is under way. */
  KnownOperation begin(Framework framework, Agent agent, Operation operation) {
    KnownOperation known =
        new KnownOperation(
            framework,
            operation,
            OperationStatus.newBuilder()
                .setOperationId(operation.getId())
                .setState(OperationState.OPERATION_FINISHED)
                .setUuid(UUID.newBuilder().setValue(uuid(tables.nextId("P"))))
                .setAgentId(agent.agentId())
                .build());
    framework.operations.put(known.id(), known);
    return known;
  }

  private static ByteString uuid(String unique) {
    java.util.UUID made = java.util.UUID.nameUUIDFromBytes(unique.getBytes(StandardCharsets.UTF_8));
    ByteBuffer bytes = ByteBuffer.allocate(16);
    bytes.putLong(made.getMostSignificantBits()).putLong(made.getLeastSignificantBits()).flip();
    return ByteString.copyFrom(bytes);
  }

  static KeptOperation kept(KnownOperation known) {
    return KeptOperation.newBuilder()
        .setFrameworkId(known.framework.frameworkId())
        .setStatus(known.finished)
        .build();
  }

  /** It is written down. */
  void finish(KnownOperation known) {
    if (isKnown(known)) {
      known.done = true;
      owing.add(known.framework);
      tell(known);
    }
  }

  /** It never will be, and has changed nothing. */
  void drop(KnownOperation known, String why) {
    if (isKnown(known)) {
      known.framework.operations.remove(known.id());
      refuse(known.framework, known.operation, OperationState.OPERATION_DROPPED, why);
    }
  }

  private static boolean isKnown(KnownOperation known) {
    return known.framework.operations.get(known.id()) == known;
  }

  private void tell(KnownOperation known) {
    known.pause = known.pause == 0 ? AGAIN : Math.min(LONGEST, 2 * known.pause);
    known.again = tables.now + known.pause;
    tell(known.framework, known.finished.toBuilder());
  }

  private void tell(Framework framework, OperationStatus.Builder status) {
    tables.tell(
        framework,
        Event.newBuilder()
            .setType(Event.Type.UPDATE_OPERATION_STATUS)
            .setUpdateOperationStatus(Event.UpdateOperationStatus.newBuilder().setStatus(status)));
  }

  // ---- until it is acknowledged

  /** What was not acknowledged, again. */
  void tick() {
    for (Framework each : List.copyOf(owing)) {
      if (each.operations.values().stream().noneMatch(known -> known.done)) {
        owing.remove(each);
      } else if (each.stream != null) {
        each.operations.values().stream()
            .filter(known -> known.done && known.again <= tables.now)
            .forEach(this::tell);
      }
    }
  }

  /** It has subscribed again. */
  void tellAgain(Framework framework) {
    for (KnownOperation known : framework.operations.values()) {
      if (known.done) {
        known.pause = 0;
        tell(known);
      }
    }
  }

  void acknowledge(Framework framework, Call.AcknowledgeOperationStatus call) {
    @Nullable KnownOperation known = framework.operations.get(call.getOperationId().getValue());
    if (known != null
        && known.done
        && known.agent().equals(call.getAgentId().getValue())
        && known.finished.getUuid().getValue().equals(call.getUuid())) {
      framework.operations.remove(known.id());
      forget(known);
    }
  }

  private void forget(KnownOperation known) {
    @Nullable AgentRecord record = tables.records.get(known.agent());
    if (record != null) {
      ByteString uuid = known.finished.getUuid().getValue();
      record.become(
          record.holdings().without(each -> each.getStatus().getUuid().getValue().equals(uuid)));
    }
  }

  /** Nobody is left to be told. */
  void remove(Framework framework) {
    List<KnownOperation> all = new ArrayList<>(framework.operations.values());
    framework.operations.clear();
    owing.remove(framework);
    all.forEach(this::forget);
  }

  /** The agent is made anew: nobody is to acknowledge what was done to it. */
  void removeAgent(String agent) {
    for (Framework each : tables.frameworks.values()) {
      each.operations.values().removeIf(known -> known.done && known.agent().equals(agent));
    }
  }

  /** What earlier leaders wrote down. */
  void remember() {
    for (AgentRecord record : tables.records.values()) {
      for (KeptOperation each : record.holdings().operations()) {
        @Nullable Framework framework = tables.frameworks.get(each.getFrameworkId().getValue());
        if (framework == null) {
          continue; // it has ended; the record loses this with its next change
        }
        KnownOperation known =
            new KnownOperation(
                framework,
                Operation.newBuilder().setId(each.getStatus().getOperationId()).build(),
                each.getStatus());
        known.done = true;
        framework.operations.put(known.id(), known);
        owing.add(framework);
      }
    }
  }

  /** Without those that nobody has to acknowledge any more. */
  Holdings current(Holdings holdings) {
    return holdings.without(each -> !isOwed(each));
  }

  private boolean isOwed(KeptOperation kept) {
    @Nullable Framework framework = tables.frameworks.get(kept.getFrameworkId().getValue());
    @Nullable KnownOperation known =
        framework == null
            ? null
            : framework.operations.get(kept.getStatus().getOperationId().getValue());
    return known != null && known.finished.equals(kept.getStatus());
  }

  // ---- what frameworks ask

  void reconcile(Framework framework, Call.ReconcileOperations call) {
    if (call.getOperationsCount() == 0) {
      framework.operations.values().forEach(known -> answer(framework, known));
    }
    for (Call.ReconcileOperations.Operation each : call.getOperationsList()) {
      @Nullable KnownOperation known = framework.operations.get(each.getOperationId().getValue());
      if (known != null) {
        answer(framework, known);
      } else {
        Optional<AgentID> agent =
            each.hasAgentId() ? Optional.of(each.getAgentId()) : Optional.empty();
        answer(framework, each.getOperationId(), unknown(agent), agent);
      }
    }
  }

  private void answer(Framework framework, KnownOperation known) {
    answer(
        framework,
        known.finished.getOperationId(),
        known.state(),
        Optional.of(known.finished.getAgentId()));
  }

  private void answer(
      Framework framework, OperationID id, OperationState state, Optional<AgentID> agent) {
    OperationStatus.Builder status =
        OperationStatus.newBuilder()
            .setOperationId(id)
            .setState(state)
            .setMessage("Reconciliation: the operation's latest status");
    agent.ifPresent(status::setAgentId);
    tell(framework, status);
  }

  private OperationState unknown(Optional<AgentID> agent) {
    if (agent.isEmpty()) {
      return tables.expected.isEmpty()
          ? OperationState.OPERATION_UNKNOWN
          : OperationState.OPERATION_RECOVERING;
    }
    String id = agent.get().getValue();
    if (tables.expected.containsKey(id)) {
      return OperationState.OPERATION_RECOVERING;
    }
    return tables.unreachable.containsKey(id)
        ? OperationState.OPERATION_UNREACHABLE
        : OperationState.OPERATION_UNKNOWN;
  }
}

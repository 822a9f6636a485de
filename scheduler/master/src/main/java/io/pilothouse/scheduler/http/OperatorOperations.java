package io.pilothouse.scheduler.http;

import io.pilothouse.mesos.http.Exchange;
import io.pilothouse.mesos.v1.AgentID;
import io.pilothouse.mesos.v1.Offer.Operation;
import io.pilothouse.mesos.v1.master.Call;
import io.pilothouse.scheduler.core.Answer;
import io.pilothouse.scheduler.loop.Loop;
import java.util.Optional;

/** RESERVE_RESOURCES … SHRINK_VOLUME: operations on what nobody has of an agent. */
final class OperatorOperations {
  private final Loop loop;

  OperatorOperations(Loop loop) {
    this.loop = loop;
  }

  /** What is to be done, and where. */
  private record Asked(boolean there, String field, AgentID agent, Operation.Builder operation) {}

  /**
   * @param principal whom the caller has authenticated as, if that is asked for
   */
  void handle(Exchange exchange, Call call, Optional<String> principal) {
    Asked asked = asked(call);
    if (!asked.there() || asked.agent().getValue().isEmpty()) {
      String missing = asked.there() ? "agent_id" : asked.field();
      exchange.text(
          400, "Failed to validate master::Call: Expecting '" + missing + "' to be present");
      return;
    }
    loop.submit(
        (core, now) ->
            core.operate(
                asked.agent().getValue(),
                asked.operation().build(),
                principal,
                answer -> answer(exchange, answer),
                now),
        () -> exchange.text(503, Gate.NOT_LEADING));
  }

  private static void answer(Exchange exchange, Answer answer) {
    switch (answer) {
      case Answer.Accepted accepted -> exchange.text(202, "");
      case Answer.Done done -> exchange.text(200, "");
      case Answer.Refused refused -> exchange.text(refused.status(), refused.text());
    }
  }

  private static Asked asked(Call call) {
    Operation.Builder operation = Operation.newBuilder();
    return switch (call.getType()) {
      case RESERVE_RESOURCES -> {
        Call.ReserveResources reserve = call.getReserveResources();
        operation.setType(Operation.Type.RESERVE);
        operation
            .getReserveBuilder()
            .addAllResources(reserve.getResourcesList())
            .addAllSource(reserve.getSourceList());
        yield new Asked(
            call.hasReserveResources(), "reserve_resources", reserve.getAgentId(), operation);
      }
      case UNRESERVE_RESOURCES -> {
        Call.UnreserveResources unreserve = call.getUnreserveResources();
        operation.setType(Operation.Type.UNRESERVE);
        operation.getUnreserveBuilder().addAllResources(unreserve.getResourcesList());
        yield new Asked(
            call.hasUnreserveResources(), "unreserve_resources", unreserve.getAgentId(), operation);
      }
      case CREATE_VOLUMES -> {
        Call.CreateVolumes create = call.getCreateVolumes();
        operation.setType(Operation.Type.CREATE);
        operation.getCreateBuilder().addAllVolumes(create.getVolumesList());
        yield new Asked(call.hasCreateVolumes(), "create_volumes", create.getAgentId(), operation);
      }
      case DESTROY_VOLUMES -> {
        Call.DestroyVolumes destroy = call.getDestroyVolumes();
        operation.setType(Operation.Type.DESTROY);
        operation.getDestroyBuilder().addAllVolumes(destroy.getVolumesList());
        yield new Asked(
            call.hasDestroyVolumes(), "destroy_volumes", destroy.getAgentId(), operation);
      }
      case GROW_VOLUME -> {
        Call.GrowVolume grow = call.getGrowVolume();
        operation.setType(Operation.Type.GROW_VOLUME);
        if (call.hasGrowVolume()) {
          operation
              .getGrowVolumeBuilder()
              .setVolume(grow.getVolume())
              .setAddition(grow.getAddition());
        }
        yield new Asked(call.hasGrowVolume(), "grow_volume", grow.getAgentId(), operation);
      }
      case SHRINK_VOLUME -> {
        Call.ShrinkVolume shrink = call.getShrinkVolume();
        operation.setType(Operation.Type.SHRINK_VOLUME);
        if (call.hasShrinkVolume()) {
          operation
              .getShrinkVolumeBuilder()
              .setVolume(shrink.getVolume())
              .setSubtract(shrink.getSubtract());
        }
        yield new Asked(call.hasShrinkVolume(), "shrink_volume", shrink.getAgentId(), operation);
      }
      default -> throw new IllegalArgumentException(call.getType() + " is no operation");
    };
  }
}

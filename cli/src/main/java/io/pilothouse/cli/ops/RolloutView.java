package io.pilothouse.cli.ops;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutUnit;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import io.pilothouse.cli.Names;

/** A rollout as JSON, as a line and as a picture. */
final class RolloutView {
  private RolloutView() {}

  static void fill(Rollout rollout, ObjectNode node) {
    node.put("id", rollout.getId())
        .put("type", rollout.getType())
        .put("what", Names.ref(rollout.getTo()))
        .put("digest", rollout.getTo().getDigest())
        .put("state", rollout.getState().name());
    ArrayNode units = node.putArray("units");
    for (RolloutUnit unit : rollout.getUnitsList()) {
      ObjectNode each = units.addObject();
      each.put("name", unit.getName())
          .put("state", state(unit))
          .put("machines", unit.getMachines())
          .put("healthy", unit.getHealthy())
          .put("failed", unit.getFailedCount())
          .put("before", Names.ref(unit.getBefore()));
      Json.strings(each, "switched", unit.getSwitchedList());
      Json.strings(each, "failed_machines", unit.getFailedList());
    }
    node.put("reason", reason(rollout))
        .put("waiting_for", rollout.getWaitingFor())
        .put("principal", rollout.getPrincipal());
    Json.time(node, "created_at", rollout.getCreatedAt());
    Json.time(node, "since", rollout.getSince());
    Json.time(node, "deadline", rollout.getDeadline());
    Json.time(node, "wait_until", rollout.getWaitUntil());
  }

  static String reason(Rollout rollout) {
    return rollout.getState() == Rollout.State.PAUSED && !rollout.getPauseReason().isEmpty()
        ? rollout.getPauseReason()
        : rollout.getReason();
  }

  /** State of a unit without the prefix that the wire's naming needs. */
  static String state(RolloutUnit unit) {
    String name = unit.getState().name();
    return name.startsWith("UNIT_") ? name.substring("UNIT_".length()) : name;
  }

  static String line(Rollout rollout) {
    StringBuilder text =
        new StringBuilder(
            "%s %s → %s  %s"
                .formatted(
                    rollout.getId(),
                    rollout.getType(),
                    Names.ref(rollout.getTo()),
                    rollout.getState()));
    for (RolloutUnit unit : rollout.getUnitsList()) {
      text.append(
          "  %s %s %d/%d"
              .formatted(unit.getName(), state(unit), unit.getHealthy(), unit.getMachines()));
    }
    if (!rollout.getWaitingFor().isEmpty() && !ended(rollout)) {
      text.append("  waiting: ").append(rollout.getWaitingFor());
    }
    if (!reason(rollout).isEmpty()) {
      text.append("  reason: ").append(reason(rollout));
    }
    return text.toString();
  }

  static boolean ended(Rollout rollout) {
    return switch (rollout.getState()) {
      case COMPLETED, ROLLED_BACK, ABORTED -> true;
      case STATE_UNSPECIFIED,
          PLANNED,
          STAGING,
          ACTIVATING,
          VERIFYING,
          SOAKING,
          PAUSED,
          ROLLING_BACK,
          UNRECOGNIZED ->
          false;
    };
  }

  /** By the final state, never by an earlier event. */
  static ExitCode exitCode(Rollout rollout) {
    return rollout.getState() == Rollout.State.COMPLETED ? ExitCode.DONE : ExitCode.ROLLOUT_FAILED;
  }
}

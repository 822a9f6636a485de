package io.pilothouse.dm.server;

import io.grpc.StatusRuntimeException;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.MultiGauge.Row;
import io.micrometer.core.instrument.Tags;
import io.pilothouse.api.v1.HealthCode;
import io.pilothouse.api.v1.StatusReply;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What {@code pilot status} says, as gauges, so that whoever watches by Prometheus can alert on
 * each health code. Worked out when they are asked for. Only the leader has them: a follower, and a
 * leader that cannot reach a majority, would show an old picture.
 */
final class FleetMetrics {
  private static final Logger log = LoggerFactory.getLogger(FleetMetrics.class);

  private final Ledger ledger;
  private final StatusReads status;
  private final MultiGauge level;
  private final MultiGauge codes;
  private final MultiGauge machines;
  private final MultiGauge repairs;
  private final MultiGauge open;

  FleetMetrics(Ledger ledger, StatusReads status, MeterRegistry metrics) {
    this.ledger = ledger;
    this.status = status;
    this.level =
        MultiGauge.builder("pilot.health.level")
            .description("0 HEALTH_OK, 1 HEALTH_WARN, 2 HEALTH_ERR")
            .register(metrics);
    this.codes =
        MultiGauge.builder("pilot.health.code")
            .description("How many each present health code counts; absent when it is not present")
            .register(metrics);
    this.machines =
        MultiGauge.builder("pilot.machines").description("Machines by condition").register(metrics);
    this.repairs =
        MultiGauge.builder("pilot.repairs").description("Open repairs").register(metrics);
    this.open =
        MultiGauge.builder("pilot.open")
            .description("Rollouts and incidents that are open")
            .register(metrics);
  }

  /** Brings the gauges to what is so now. */
  synchronized void refresh() {
    Optional<StatusReply> now = read();
    level.register(rows(now, each -> List.of(Row.of(Tags.empty(), level(each)))), true);
    codes.register(rows(now, FleetMetrics::codes), true);
    machines.register(
        rows(
            now,
            each ->
                List.of(
                    row("condition", "healthy", each.getHealthy()),
                    row("condition", "failure", each.getFailure()),
                    row("condition", "probation", each.getProbation()),
                    row("condition", "out_of_service", each.getOutOfService()))),
        true);
    repairs.register(
        rows(
            now,
            each ->
                List.of(
                    row("state", "waiting", each.getRepairsWaiting()),
                    row("state", "active", each.getRepairsActive()))),
        true);
    open.register(
        rows(
            now,
            each ->
                List.of(
                    row("what", "rollouts", each.getRolloutsActive()),
                    row("what", "incidents", each.getIncidentsOpen()))),
        true);
  }

  private Optional<StatusReply> read() {
    if (!ledger.isLeader()) {
      return Optional.empty();
    }
    try {
      return Optional.of(status.status());
    } catch (StatusRuntimeException e) {
      log.debug("no gauges of the fleet: {}", e.getStatus());
      return Optional.empty();
    }
  }

  private interface Rows {
    List<Row<?>> of(StatusReply status);
  }

  private static List<Row<?>> rows(Optional<StatusReply> status, Rows rows) {
    return status.map(rows::of).orElse(List.of());
  }

  private static Row<?> row(String tag, String value, int count) {
    return Row.of(Tags.of(tag, value), count);
  }

  private static int level(StatusReply status) {
    return switch (status.getHealth()) {
      case "HEALTH_OK" -> 0;
      case "HEALTH_WARN" -> 1;
      default -> 2;
    };
  }

  /** One row a code, whatever the scopes are: there are as many of these as machines. */
  private static List<Row<?>> codes(StatusReply status) {
    Map<Tags, Integer> counts = new TreeMap<>((a, b) -> a.toString().compareTo(b.toString()));
    for (HealthCode each : status.getCodesList()) {
      counts.merge(
          Tags.of("code", each.getCode(), "severity", each.getSeverity()),
          each.getCount(),
          Integer::sum);
    }
    List<Row<?>> rows = new ArrayList<>();
    counts.forEach((tags, count) -> rows.add(Row.of(tags, count)));
    return rows;
  }
}

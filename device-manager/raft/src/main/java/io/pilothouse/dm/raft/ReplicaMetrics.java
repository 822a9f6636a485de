package io.pilothouse.dm.raft;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.function.Supplier;

/** What a replica counts and measures. */
final class ReplicaMetrics {

  private final MeterRegistry registry;

  /** From handing an entry to Raft to having its replies. Leader only. */
  final Timer commit;

  /** Requests in one proposed entry. Leader only. */
  final DistributionSummary requestsPerEntry;

  final Timer apply;
  final Timer snapshot;
  final Counter entries;
  final Counter events;
  final Counter elections;
  final Counter installed;
  final Counter overloaded;
  final Counter unknown;

  ReplicaMetrics(MeterRegistry registry) {
    this.registry = registry;
    commit =
        Timer.builder("dm.raft.commit")
            .description("Time from handing an entry to Raft to its replies, on the leader")
            .serviceLevelObjectives(
                Duration.ofMillis(1),
                Duration.ofMillis(5),
                Duration.ofMillis(20),
                Duration.ofMillis(100),
                Duration.ofSeconds(1))
            .register(registry);
    requestsPerEntry =
        DistributionSummary.builder("dm.raft.requests.per.entry")
            .description("Requests that went into one log entry, on the leader")
            .register(registry);
    apply =
        Timer.builder("dm.raft.apply")
            .description("Time to decide an entry and write its events")
            .register(registry);
    snapshot =
        Timer.builder("dm.raft.snapshot")
            .description("Time to take a snapshot; nothing is applied meanwhile")
            .register(registry);
    entries = counter("dm.raft.entries", "Entries applied since the start of the process");
    events = counter("dm.raft.events", "Events written since the start of the process");
    elections = counter("dm.raft.elections", "Leaders seen since the start of the process");
    installed =
        counter("dm.raft.snapshots.installed", "Snapshots of a leader that replaced the state");
    overloaded = counter("dm.raft.overloaded", "Requests turned away because too many waited");
    unknown = counter("dm.raft.outcome.unknown", "Requests whose outcome was not learned");
  }

  void gauge(String name, String description, Supplier<Number> value) {
    Gauge.builder(name, value).description(description).register(registry);
  }

  private Counter counter(String name, String description) {
    return Counter.builder(name).description(description).register(registry);
  }
}

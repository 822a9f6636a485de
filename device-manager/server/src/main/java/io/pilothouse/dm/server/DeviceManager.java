package io.pilothouse.dm.server;

import io.grpc.ManagedChannel;
import io.grpc.ServerServiceDefinition;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.pilothouse.dm.raft.HostPort;
import io.pilothouse.dm.raft.Peer;
import io.pilothouse.dm.raft.Replica;
import io.pilothouse.dm.raft.ReplicaConfig;
import io.pilothouse.dm.raft.ReplicaStartException;
import io.pilothouse.tls.TlsDirectory;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One running replica with its ports: all parts, wired by hand, closed in reverse. */
public final class DeviceManager implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(DeviceManager.class);

  /** A service manager waits longer before it kills. */
  private static final Duration HAND_OVER = Duration.ofSeconds(2);

  private final Deque<AutoCloseable> parts = new ArrayDeque<>();
  private final Replica replica;

  private DeviceManager(Replica replica) {
    this.replica = replica;
    parts.push(replica);
  }

  /**
   * Starts the replica, then opens its ports.
   *
   * @throws ReplicaStartException when the data directory or the Raft port cannot be used
   * @throws IOException when the gRPC or HTTP port cannot be had; the message says which
   */
  public static DeviceManager start(ReplicaConfig config)
      throws ReplicaStartException, IOException {
    PrometheusMeterRegistry metrics = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    bindProcess(metrics);
    config.tls().ifPresent(tls -> expiry(metrics, tls));
    DeviceManager dm = new DeviceManager(Replica.start(config, metrics));
    try {
      dm.open(config, metrics);
      return dm;
    } catch (IOException | RuntimeException e) {
      dm.close();
      throw e;
    }
  }

  private void open(ReplicaConfig config, PrometheusMeterRegistry metrics) throws IOException {
    Peer self = config.self();
    Clocks clocks = Clocks.system();
    Ledger ledger = new ReplicaLedger(replica);
    Edge edge = new Edge(ledger, clocks, metrics);
    parts.push(edge);
    SelfReport report = new SelfReport(config.id(), config.tls(), ledger, edge.waiters(), clocks);
    String name = config.cluster() + "/" + config.id();
    ReplicasService replicas =
        new ReplicasService(
            replica,
            new MemberReads(config.cluster(), replica, edge.writes()),
            new MemberWrites(replica.membership()),
            new LevelWrites(replica, edge.writes()));
    List<ServerServiceDefinition> services = new ArrayList<>(edge.services());
    services.add(edge.guarded(replicas));
    GrpcPort grpc =
        opened(
            "gRPC",
            self.grpc(),
            () ->
                GrpcPort.open(
                    self.grpc(),
                    config.tls(),
                    name,
                    services,
                    edge.certificates()::seen,
                    report::isReady,
                    GrpcPort.Bounds.ofThisProcess()));
    grpc.measure(metrics);
    parts.push(grpc);
    ManagedChannel channel = InProcessChannelBuilder.forName(name).build();
    parts.push(channel::shutdownNow);
    HttpGateway gateway = new HttpGateway(channel, edge.access());
    parts.push(
        opened(
            "HTTP",
            self.http(),
            () ->
                HttpPort.open(
                    self.http(),
                    config.tls(),
                    scrape(edge, metrics),
                    report,
                    gateway,
                    grpc.urgent())));
    parts.push(edge.waiters());
    edge.leaderLoop().start();
    log.info(
        "Replica {} of {} serves gRPC on {}, HTTP on {}, Raft on {}",
        config.id(),
        config.cluster(),
        self.grpc(),
        self.http(),
        self.raft());
  }

  private static Supplier<String> scrape(Edge edge, PrometheusMeterRegistry metrics) {
    return () -> {
      edge.fleetMetrics().refresh();
      return metrics.scrape();
    };
  }

  private interface Opening<T> {
    T open() throws IOException;
  }

  private static <T> T opened(String kind, HostPort address, Opening<T> opening)
      throws IOException {
    try {
      return opening.open();
    } catch (IOException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new IOException(
          "cannot serve %s on %s (%s); stop the program that has the port, `ss -ltnp` names it, or give this replica another"
              .formatted(kind, address, cause.getMessage()),
          e);
    }
  }

  private static void expiry(PrometheusMeterRegistry metrics, TlsDirectory tls) {
    Gauge.builder(
            "pilot.tls.certificate.expiry",
            tls,
            each -> Duration.between(Instant.now(), each.notAfter()).toSeconds())
        .description("Time until this program's certificate expires; below 0 when it has")
        .baseUnit("seconds")
        .register(metrics);
  }

  private static void bindProcess(PrometheusMeterRegistry metrics) {
    new ClassLoaderMetrics().bindTo(metrics);
    new JvmMemoryMetrics().bindTo(metrics);
    new JvmThreadMetrics().bindTo(metrics);
    new ProcessorMetrics().bindTo(metrics);
    new UptimeMetrics().bindTo(metrics);
  }

  /** Has another replica lead, if this one does: nobody then waits for an election. */
  public void handOver() {
    replica.handOver(HAND_OVER);
  }

  /** Whether {@link #failure} is that the state here is not the others'. */
  public boolean isDivergent() {
    return replica.isDivergent();
  }

  /** Whether {@link #failure} is that rules are in force which this build does not have. */
  public boolean isOutdated() {
    return replica.isOutdated();
  }

  /** Completes with the reason when the replica cannot go on; the process should then end. */
  public CompletableFuture<String> failure() {
    return replica.failure();
  }

  @Override
  public void close() {
    while (!parts.isEmpty()) {
      AutoCloseable part = parts.pop();
      try {
        part.close();
      } catch (Exception e) {
        log.warn("{} did not close cleanly", part.getClass().getSimpleName(), e);
      }
    }
  }
}

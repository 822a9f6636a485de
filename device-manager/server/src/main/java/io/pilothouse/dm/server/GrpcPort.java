package io.pilothouse.dm.server;

import com.sun.management.UnixOperatingSystemMXBean;
import io.grpc.Server;
import io.grpc.ServerBuilder;
import io.grpc.ServerServiceDefinition;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.netty.shaded.io.netty.handler.ssl.ClientAuth;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContext;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContextBuilder;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslProvider;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.pilothouse.dm.raft.HostPort;
import io.pilothouse.tls.HttpServers;
import io.pilothouse.tls.Peers;
import io.pilothouse.tls.TlsDirectory;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import javax.net.ssl.SSLException;

/**
 * gRPC: the services, reflection and the standard health service. Each call has a thread, so
 * handlers may block: see {@link CallThreads}.
 */
final class GrpcPort implements AutoCloseable {

  private static final int LARGEST_MESSAGE = 64 << 20;
  private static final int HEALTH_EVERY_MS = 200;
  private static final int GRACE_SECONDS = 2;
  private static final int CONNECTION_HOURS = 1;

  /** Agents ask all the time: one that is idle so long has gone, or asks another replica. */
  private static final int IDLE_MINUTES = 10;

  /** An agent has a handful. */
  private static final int CALLS_EACH_CONNECTION = 1_000;

  private static final int RESETS = 1_000;
  private static final int RESETS_SECONDS = 10;

  /**
   * What one end may take of the port.
   *
   * @param connections at once
   * @param stall without reading anything that is there for it
   * @param longestCall before the call is ended
   */
  record Bounds(int connections, Duration stall, Duration longestCall) {

    /** Above the longest poll, and above the largest fleet over a slow line. */
    private static final Duration LONGEST_CALL = Duration.ofMinutes(2);

    private static final Duration STALL = Duration.ofSeconds(20);

    /** The log, the database and the HTTP port's connections need files, too. */
    private static final long OTHER_FILES = 1_000 + HttpServers.MOST_CONNECTIONS;

    /** With TLS less than half of this, measured: the rest is for what else there is. */
    private static final int BYTES_EACH_CONNECTION = 32 << 10;

    private static final int MOST_CONNECTIONS = 150_000;
    private static final int FEWEST_CONNECTIONS = 500;

    /** What this process may have open, but for what else it needs. */
    static Bounds ofThisProcess() {
      long files =
          ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
              ? unix.getMaxFileDescriptorCount()
              : MOST_CONNECTIONS;
      return new Bounds(connections(files, Runtime.getRuntime().maxMemory()), STALL, LONGEST_CALL);
    }

    /** So many that neither files nor the heap run out. */
    static int connections(long files, long heapBytes) {
      long most = Math.min(files - OTHER_FILES, heapBytes / BYTES_EACH_CONNECTION);
      return Math.clamp(most, FEWEST_CONNECTIONS, MOST_CONNECTIONS);
    }
  }

  private final Connections connections;
  private final Server server;
  private final Server inProcess;
  private final HealthStatusManager health;
  private final CallThreads threads;
  private final ScheduledExecutorService healthRounds;

  private GrpcPort(
      Connections connections,
      Server server,
      Server inProcess,
      HealthStatusManager health,
      CallThreads threads) {
    this.connections = connections;
    this.server = server;
    this.inProcess = inProcess;
    this.health = health;
    this.threads = threads;
    this.healthRounds =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("grpc-health").daemon().factory());
  }

  /**
   * Serves at once, on {@code address} and inside of this process under {@code name}.
   *
   * @param tls who is let in; plain without
   * @param certificates told whose was shown at a connection, and when it ends
   * @param ready whether calls can be answered here or by a leader that is known
   * @param bounds what one caller may take of it
   * @throws IOException when the address cannot be had
   */
  static GrpcPort open(
      HostPort address,
      Optional<TlsDirectory> tls,
      String name,
      List<ServerServiceDefinition> services,
      BiConsumer<String, Instant> certificates,
      BooleanSupplier ready,
      Bounds bounds)
      throws IOException {
    Connections connections = new Connections(bounds.connections(), bounds.stall());
    CallThreads threads = new CallThreads();
    HealthStatusManager health = new HealthStatusManager();
    AnybodysCalls anybodys = new AnybodysCalls();
    NettyServerBuilder network =
        connections
            .guard(
                NettyServerBuilder.forAddress(
                    new InetSocketAddress(address.host(), address.port())))
            .addStreamTracerFactory(new CallBounds(bounds.longestCall()))
            .addTransportFilter(CallerIdentity.atConnect(certificates))
            .maxInboundMessageSize(LARGEST_MESSAGE)
            .permitKeepAliveTime(5, TimeUnit.SECONDS)
            .permitKeepAliveWithoutCalls(true)
            .keepAliveTime(30, TimeUnit.SECONDS)
            .keepAliveTimeout(10, TimeUnit.SECONDS)
            .handshakeTimeout(10, TimeUnit.SECONDS)
            .maxConnectionIdle(IDLE_MINUTES, TimeUnit.MINUTES)
            .maxConcurrentCallsPerConnection(CALLS_EACH_CONNECTION)
            .maxRstFramesPerWindow(RESETS, RESETS_SECONDS)
            .addService(anybodys.guarded(ProtoReflectionServiceV1.newInstance()))
            .addService(anybodys.guarded(health.getHealthService()));
    if (tls.isPresent()) {
      // a connection ends now and then: the next one is made with the certificates of then
      network
          .sslContext(certifiedOnly(tls.get()))
          .maxConnectionAge(CONNECTION_HOURS, TimeUnit.HOURS)
          .maxConnectionAgeGrace(1, TimeUnit.MINUTES);
    }
    Server server;
    try {
      server = with(network, services, threads).start();
    } catch (IOException e) {
      threads.close();
      connections.close();
      throw e;
    }
    Server inProcess = with(InProcessServerBuilder.forName(name), services, threads).start();
    GrpcPort port = new GrpcPort(connections, server, inProcess, health, threads);
    var unused = // a round never throws
        port.healthRounds.scheduleWithFixedDelay(
            () -> port.setHealth(services, ready.getAsBoolean()),
            0,
            HEALTH_EVERY_MS,
            TimeUnit.MILLISECONDS);
    return port;
  }

  private static SslContext certifiedOnly(TlsDirectory tls) throws SSLException {
    return GrpcSslContexts.configure(SslContextBuilder.forServer(tls.keyManager()), SslProvider.JDK)
        .protocols(TlsDirectory.PROTOCOL)
        .trustManager(tls.trustManager(Peers.ANY))
        .clientAuth(ClientAuth.REQUIRE)
        .sessionTimeout(TlsDirectory.SESSION_SECONDS)
        .build();
  }

  private static Server with(
      ServerBuilder<?> builder, List<ServerServiceDefinition> services, CallThreads threads) {
    services.forEach(builder::addService);
    // which method it is, is found where the call comes in; the rest is done by its own thread
    return builder.directExecutor().callExecutor(threads).build();
  }

  /** For people's calls that come by another port. */
  Executor urgent() {
    return threads.urgent();
  }

  int port() {
    return server.getPort();
  }

  int connections() {
    return connections.open();
  }

  /** Shows how many connections there are. */
  void measure(MeterRegistry metrics) {
    Gauge.builder("dm.connections", connections, Connections::open)
        .description("Connections of the gRPC port")
        .register(metrics);
    Gauge.builder("dm.urgent.threads", threads, CallThreads::busy)
        .description("Calls of people and of repair that have a thread of their own, of 1,024")
        .register(metrics);
    FunctionCounter.builder("dm.connections.refused", connections, Connections::refused)
        .description("Connections that were one too many")
        .register(metrics);
  }

  private void setHealth(List<ServerServiceDefinition> services, boolean ready) {
    ServingStatus status = ready ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
    health.setStatus(HealthStatusManager.SERVICE_NAME_ALL_SERVICES, status);
    services.forEach(each -> health.setStatus(each.getServiceDescriptor().getName(), status));
  }

  /** Refuses new calls, gives those under way a moment, then ends them. */
  @Override
  public void close() {
    healthRounds.shutdownNow();
    health.enterTerminalState();
    server.shutdown();
    inProcess.shutdown();
    try {
      if (!server.awaitTermination(GRACE_SECONDS, TimeUnit.SECONDS)) {
        server.shutdownNow();
        server.awaitTermination(GRACE_SECONDS, TimeUnit.SECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    server.shutdownNow();
    inProcess.shutdownNow();
    threads.close();
    connections.close();
  }
}

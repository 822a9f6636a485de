package io.pilothouse.dm.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.StatusRuntimeException;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.MetadataUtils;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.pilothouse.api.v1.ControlMachineRequest;
import io.pilothouse.api.v1.GetStatusRequest;
import io.pilothouse.api.v1.HealthCode;
import io.pilothouse.api.v1.MachineApiGrpc;
import io.pilothouse.api.v1.MachineApiGrpc.MachineApiBlockingStub;
import io.pilothouse.api.v1.OperatorGrpc;
import io.pilothouse.api.v1.OperatorGrpc.OperatorBlockingStub;
import io.pilothouse.api.v1.ReportRequest;
import io.pilothouse.api.v1.SatelliteGrpc;
import io.pilothouse.api.v1.SatelliteGrpc.SatelliteBlockingStub;
import io.pilothouse.api.v1.VerdictReportItem;
import io.pilothouse.api.v1.WriteContext;
import io.pilothouse.api.v1.WriteReply;
import io.pilothouse.dm.raft.HostPort;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** The edge over the fake ledger, called through gRPC inside of the process. */
final class EdgeHarness implements AutoCloseable {

  static final String KEY = "secret-of-web-01";

  final TestClock clock = new TestClock();
  final FakeLedger ledger = new FakeLedger(clock);
  final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
  final Edge edge;
  final TestFleet fleet = new TestFleet(ledger);
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Server server;
  private final ManagedChannel channel;

  EdgeHarness() {
    this(EdgeLimits.of(2, 1 << 30));
  }

  EdgeHarness(EdgeLimits limits) {
    edge = new Edge(ledger, clock.clocks(), metrics, limits);
    String name = UUID.randomUUID().toString();
    InProcessServerBuilder builder = InProcessServerBuilder.forName(name).executor(threads);
    edge.services().forEach(builder::addService);
    try {
      server = builder.build().start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    channel = InProcessChannelBuilder.forName(name).build();
  }

  /** On loopback. */
  static HostPort freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return new HostPort("127.0.0.1", socket.getLocalPort());
    }
  }

  ManagedChannel channel() {
    return channel;
  }

  OperatorBlockingStub operator() {
    return OperatorGrpc.newBlockingStub(as("operator/alice", ""));
  }

  MachineApiBlockingStub machine(String name, String key) {
    return MachineApiGrpc.newBlockingStub(as("machine/" + name, key));
  }

  MachineApiBlockingStub machine(String name) {
    return machine(name, KEY);
  }

  SatelliteBlockingStub satellite(String id) {
    return SatelliteGrpc.newBlockingStub(as("satellite/" + id, ""));
  }

  Channel as(String principal, String key) {
    Metadata headers = new Metadata();
    headers.put(CallerIdentity.PRINCIPAL, principal);
    headers.put(EdgeInterceptor.REQUEST_ID, "test-1");
    if (!key.isEmpty()) {
      headers.put(EdgeInterceptor.MACHINE_KEY, key);
    }
    return ClientInterceptors.intercept(
        channel, MetadataUtils.newAttachHeadersInterceptor(headers));
  }

  /** An operator holds a machine for a disk swap. */
  WriteReply hold(String machine) {
    return operator()
        .controlMachine(
            ControlMachineRequest.newBuilder()
                .setMachine(machine)
                .setVerb("hold")
                .setContext(WriteContext.newBuilder().setReason("disk swap"))
                .build());
  }

  /** The agent of {@code web-01} reports a verdict. */
  void agentReports(VerdictReportItem.Builder item) {
    var unused =
        machine("web-01")
            .report(
                ReportRequest.newBuilder()
                    .setMachine("web-01")
                    .setBootId("web-01-boot-2")
                    .setSequence(1)
                    .addVerdicts(item)
                    .build());
  }

  /** Health codes that the status shows. */
  List<String> codes() {
    return operator().getStatus(GetStatusRequest.getDefaultInstance()).getCodesList().stream()
        .map(HealthCode::getCode)
        .toList();
  }

  /** Starts a call that is expected to wait, and returns when it does. */
  <T> CompletableFuture<T> waiting(Supplier<T> call) {
    int before = edge.waiters().count();
    CompletableFuture<T> answer = CompletableFuture.supplyAsync(call, threads);
    until(() -> edge.waiters().count() > before);
    return answer;
  }

  /** Starts a call whose end is not waited for. */
  <T> CompletableFuture<T> asynchronously(Supplier<T> call) {
    return CompletableFuture.supplyAsync(call, threads);
  }

  static <T> T get(CompletableFuture<T> answer) {
    return answer.orTimeout(10, TimeUnit.SECONDS).join();
  }

  /** Bounded. */
  static void until(BooleanSupplier condition) {
    long end = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime() - end).as("waited in vain").isNegative();
      Thread.onSpinWait();
    }
  }

  static StatusRuntimeException refusal(ThrowingCallable call) {
    StatusRuntimeException refusal = catchThrowableOfType(StatusRuntimeException.class, call);
    assertThat(refusal).as("was not refused").isNotNull();
    return refusal;
  }

  static String remedy(StatusRuntimeException refusal) {
    return String.valueOf(refusal.getTrailers().get(Refusals.REMEDY));
  }

  @Override
  public void close() {
    channel.shutdownNow();
    server.shutdownNow();
    edge.close();
    threads.shutdownNow();
  }
}

package io.pilothouse.dm.server;

import static io.pilothouse.dm.server.EdgeHarness.refusal;
import static io.pilothouse.dm.server.EdgeHarness.until;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.GetFleetReply;
import io.pilothouse.api.v1.GetFleetRequest;
import io.pilothouse.api.v1.MachineApiGrpc;
import io.pilothouse.api.v1.Observed;
import io.pilothouse.api.v1.OperatorGrpc;
import io.pilothouse.api.v1.ReportReply;
import io.pilothouse.api.v1.ReportRequest;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the port bears of clients that are slow, many or too loud. */
class GrpcPortTest {
  private static final Duration LONG = Duration.ofMinutes(2);
  private static final Duration SHORT = Duration.ofMillis(300);

  /** More than buffers of sockets and streams take. */
  private static final int LARGE = 24 << 20;

  private final AtomicInteger begun = new AtomicInteger();
  private final AtomicInteger ended = new AtomicInteger();
  private final Deque<AutoCloseable> open = new ArrayDeque<>();

  @AfterEach
  void close() throws Exception {
    while (!open.isEmpty()) {
      open.pop().close();
    }
  }

  /** Answers with much, whatever it is asked. */
  private final class Talkative extends OperatorGrpc.OperatorImplBase {
    @Override
    public void getFleet(GetFleetRequest request, StreamObserver<GetFleetReply> call) {
      begun.incrementAndGet();
      Fleet fleet = Fleet.newBuilder().setName("x".repeat(LARGE)).build();
      Answers.unary(call, () -> GetFleetReply.newBuilder().setFleet(fleet).build());
    }
  }

  private static final class Listening extends MachineApiGrpc.MachineApiImplBase {
    @Override
    public void report(ReportRequest request, StreamObserver<ReportReply> call) {
      Answers.unary(call, () -> ReportReply.newBuilder().setRevision(7).build());
    }
  }

  /** Counts the calls that the transport has done with. */
  private final class Ends implements ServerInterceptor {
    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
      return new SimpleForwardingServerCallListener<>(next.startCall(call, headers)) {
        @Override
        public void onCancel() {
          super.onCancel();
          ended.incrementAndGet();
        }

        @Override
        public void onComplete() {
          super.onComplete();
          ended.incrementAndGet();
        }
      };
    }
  }

  private GrpcPort port(int connections, Duration stall, Duration longestCall) throws IOException {
    List<ServerServiceDefinition> services =
        List.of(
            ServerInterceptors.intercept(new Talkative(), new Ends()),
            new Listening().bindService());
    GrpcPort port =
        GrpcPort.open(
            EdgeHarness.freePort(),
            Optional.empty(),
            UUID.randomUUID().toString(),
            services,
            (principal, end) -> {},
            () -> true,
            new GrpcPort.Bounds(connections, stall, longestCall));
    open.push(port);
    return port;
  }

  private ManagedChannel connect(int port, int window) {
    ManagedChannel channel =
        NettyChannelBuilder.forAddress("127.0.0.1", port)
            .usePlaintext()
            .flowControlWindow(window)
            .maxInboundMessageSize(2 * LARGE)
            .build();
    open.push(channel::shutdownNow);
    return channel;
  }

  private ManagedChannel connect(int port) {
    return connect(port, 1 << 20);
  }

  private static ReportReply reports(ManagedChannel channel, int bytes) {
    return MachineApiGrpc.newBlockingStub(channel)
        .withDeadlineAfter(20, TimeUnit.SECONDS)
        .report(
            ReportRequest.newBuilder()
                .setObserved(Observed.newBuilder().setAddress("x".repeat(bytes)))
                .build());
  }

  /** Its connection is well: it only never takes the answer out of its stream. */
  @Test
  void aCallWhoseAnswerIsNeverReadIsTakenDown() throws IOException {
    ManagedChannel channel = connect(port(10, LONG, Duration.ofSeconds(1)).port());
    ClientCall<GetFleetRequest, GetFleetReply> call =
        channel.newCall(OperatorGrpc.getGetFleetMethod(), CallOptions.DEFAULT);
    call.start(new ClientCall.Listener<>() {}, new Metadata());
    call.sendMessage(GetFleetRequest.getDefaultInstance());
    call.halfClose();
    until(() -> begun.get() == 1);

    until(() -> ended.get() == 1);

    assertThat(reports(channel, 10).getRevision()).isEqualTo(7);
  }

  @Test
  void aConnectionThatTakesNothingIsCutOffAndOthersAreServed() throws Exception {
    GrpcPort port = port(10, SHORT, LONG);
    try (DeafWire wire = new DeafWire(port.port())) {
      ManagedChannel deaf = connect(wire.port(), 2 * LARGE);
      assertThat(reports(deaf, 10).getRevision()).isEqualTo(7);
      wire.goDeaf();
      ClientCall<GetFleetRequest, GetFleetReply> call =
          deaf.newCall(OperatorGrpc.getGetFleetMethod(), CallOptions.DEFAULT);
      call.start(new ClientCall.Listener<>() {}, new Metadata());
      call.request(1);
      call.sendMessage(GetFleetRequest.getDefaultInstance());
      call.halfClose();
      until(() -> begun.get() == 1);

      until(() -> ended.get() == 1);

      until(() -> port.connections() == 0);
      assertThat(reports(connect(port.port()), 10).getRevision()).isEqualTo(7);
    }
  }

  @Test
  void aConnectionTooManyIsClosedAndThoseBeforeItAreNot() throws IOException {
    GrpcPort port = port(1, LONG, LONG);
    ManagedChannel first = connect(port.port());
    assertThat(reports(first, 10).getRevision()).isEqualTo(7);

    StatusRuntimeException second = refusal(() -> reports(connect(port.port()), 10));

    assertThat(second.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(reports(first, 10).getRevision()).isEqualTo(7);
    first.shutdownNow();
    until(() -> port.connections() == 0);
    assertThat(reports(connect(port.port()), 10).getRevision()).isEqualTo(7);
  }

  @Test
  void thereAreAsManyConnectionsAsFilesAndHeapDoFor() {
    long files = 1 << 20;
    int small = GrpcPort.Bounds.connections(files, 160L << 20);
    assertThat(small).isBetween(2_000, 10_000);
    assertThat(GrpcPort.Bounds.connections(files, 320L << 20)).isEqualTo(2 * small);
    assertThat(GrpcPort.Bounds.connections(4_024, 320L << 20)).isEqualTo(1_024);
    assertThat(GrpcPort.Bounds.connections(files, 64L << 30)).isEqualTo(150_000);
    assertThat(GrpcPort.Bounds.connections(100, 1 << 20))
        .as("for those who mend it")
        .isEqualTo(500);
  }

  @Test
  void aReportThatWouldFillTheMemoryIsCutShort() throws IOException {
    ManagedChannel channel = connect(port(10, LONG, LONG).port());

    StatusRuntimeException tooLarge = refusal(() -> reports(channel, 5 << 20));

    assertThat(tooLarge.getStatus().getCode())
        .isIn(Status.Code.RESOURCE_EXHAUSTED, Status.Code.CANCELLED);
    assertThat(reports(channel, 1 << 20).getRevision()).isEqualTo(7);
  }

  /** Between a client and the port; hands over nothing that comes back once it is deaf. */
  private static final class DeafWire implements AutoCloseable {
    private final ServerSocket listening;
    private final Socket server = new Socket();

    /** How it was cut, by the port or by the test. */
    private final List<IOException> ends = new CopyOnWriteArrayList<>();

    private volatile boolean deaf;

    DeafWire(int port) throws IOException {
      listening = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
      server.setReceiveBufferSize(16 << 10);
      Thread.ofVirtual().start(() -> carry(port));
    }

    private void carry(int port) {
      try (Socket accepted = listening.accept()) {
        server.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        Thread back = Thread.ofVirtual().start(() -> hear(accepted));
        accepted.getInputStream().transferTo(server.getOutputStream());
        back.join();
      } catch (IOException e) {
        ends.add(e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    private void hear(Socket accepted) {
      try {
        InputStream in = server.getInputStream();
        OutputStream out = accepted.getOutputStream();
        byte[] bytes = new byte[4 << 10];
        for (int count = in.read(bytes); count >= 0 && !deaf; count = in.read(bytes)) {
          out.write(bytes, 0, count);
        }
      } catch (IOException e) {
        ends.add(e);
      }
    }

    int port() {
      return listening.getLocalPort();
    }

    void goDeaf() {
      deaf = true;
    }

    @Override
    public void close() throws IOException {
      listening.close();
      server.close();
    }
  }
}

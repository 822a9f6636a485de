package io.pilothouse.client;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.pilothouse.api.v1.AcquireLeaseReply;
import io.pilothouse.api.v1.AcquireLeaseRequest;
import io.pilothouse.api.v1.SatelliteGrpc;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A Device Manager replica on a real port that answers one call as it is told. */
final class FakeReplica extends SatelliteGrpc.SatelliteImplBase implements AutoCloseable {
  private static final Context.Key<Metadata> HEADERS = Context.key("headers");

  /** What to do with a call. */
  interface Behaviour {
    void answer(StreamObserver<AcquireLeaseReply> to);
  }

  final List<Metadata> calls = new CopyOnWriteArrayList<>();
  private volatile Behaviour behaviour = answers(1);
  private final Server server;

  FakeReplica() throws IOException {
    this(0);
  }

  FakeReplica(int port) throws IOException {
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
            .addService(this)
            .intercept(new Headers())
            .build()
            .start();
  }

  FakeReplica that(Behaviour does) {
    behaviour = does;
    return this;
  }

  static Behaviour answers(long revision) {
    return to -> {
      to.onNext(AcquireLeaseReply.newBuilder().setRevision(revision).build());
      to.onCompleted();
    };
  }

  static Behaviour refuses(Status status, String header, String value) {
    Metadata trailers = new Metadata();
    trailers.put(Metadata.Key.of(header, Metadata.ASCII_STRING_MARSHALLER), value);
    return to -> to.onError(status.asRuntimeException(trailers));
  }

  /** Says so to the first calls, as often as told, and then does as the other says. */
  static Behaviour isBusy(int calls, long retryAfterMs, Behaviour then) {
    AtomicInteger left = new AtomicInteger(calls);
    Behaviour busy =
        refuses(
            Status.RESOURCE_EXHAUSTED.withDescription("512 calls are under way"),
            "retry-after-ms",
            Long.toString(retryAfterMs));
    return to -> (left.getAndDecrement() > 0 ? busy : then).answer(to);
  }

  static Behaviour isFollowerOf(FakeReplica leader) {
    return refuses(
        Status.UNAVAILABLE.withDescription("not the leader"),
        "pilot-leader",
        leader.address() + ",127.0.0.1:1");
  }

  static Behaviour hangs() {
    return to -> {};
  }

  String address() {
    return "127.0.0.1:" + port();
  }

  int port() {
    return server.getPort();
  }

  String header(int call, String name) {
    return String.valueOf(
        calls.get(call).get(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER)));
  }

  @Override
  public void acquireLease(AcquireLeaseRequest request, StreamObserver<AcquireLeaseReply> to) {
    calls.add(HEADERS.get());
    behaviour.answer(to);
  }

  @Override
  public void close() {
    server.shutdownNow();
    try {
      if (!server.awaitTermination(5, TimeUnit.SECONDS)) {
        throw new IllegalStateException("the fake replica did not stop");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static final class Headers implements ServerInterceptor {
    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
      return Contexts.interceptCall(
          Context.current().withValue(HEADERS, headers), call, headers, next);
    }
  }
}

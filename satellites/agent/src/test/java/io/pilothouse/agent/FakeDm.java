package io.pilothouse.agent;

import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.pilothouse.api.v1.MachineApiGrpc;
import io.pilothouse.api.v1.PullReply;
import io.pilothouse.api.v1.PullRequest;
import io.pilothouse.api.v1.RegisterReply;
import io.pilothouse.api.v1.RegisterRequest;
import io.pilothouse.api.v1.ReportReply;
import io.pilothouse.api.v1.ReportRequest;
import io.pilothouse.api.v1.WantedState;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** As much of a Device Manager as an agent speaks with. */
final class FakeDm extends MachineApiGrpc.MachineApiImplBase implements AutoCloseable {
  static final long FLOOR = 9_000_000_000_000_000L;

  private final Server server;
  private final List<RegisterRequest> registrations = new CopyOnWriteArrayList<>();
  private final List<ReportRequest> reports = new CopyOnWriteArrayList<>();
  private volatile WantedState wanted = WantedState.getDefaultInstance();
  private volatile boolean forgetful;
  private volatile @Nullable Status refusal;

  FakeDm() throws IOException {
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addService(this)
            .build()
            .start();
  }

  String address() {
    return "127.0.0.1:" + server.getPort();
  }

  void want(WantedState state) {
    wanted = state;
  }

  WantedState wanted() {
    return wanted;
  }

  /** The next report is answered with: register again. */
  void forget() {
    forgetful = true;
  }

  /** Reports are refused; null: taken again. */
  void refuse(@Nullable Status how) {
    refusal = how;
  }

  List<RegisterRequest> registrations() {
    return registrations;
  }

  /** Those that were taken. */
  List<ReportRequest> reports() {
    return reports;
  }

  @Override
  public void register(RegisterRequest request, StreamObserver<RegisterReply> call) {
    registrations.add(request);
    forgetful = false;
    call.onNext(RegisterReply.newBuilder().setRevision(1).setSequenceFloor(FLOOR).build());
    call.onCompleted();
  }

  @Override
  public void pull(PullRequest request, StreamObserver<PullReply> call) {
    String etag = Integer.toString(wanted.hashCode());
    PullReply.Builder reply =
        PullReply.newBuilder().setRevision(request.getRevision() + 1).setEtag(etag);
    call.onNext(
        etag.equals(request.getEtag())
            ? reply.setNotModified(true).build()
            : reply.setWanted(wanted).build());
    call.onCompleted();
  }

  @Override
  public void report(ReportRequest request, StreamObserver<ReportReply> call) {
    Status how = refusal;
    if (how != null) {
      call.onError(how.asRuntimeException());
      return;
    }
    if (!forgetful) {
      reports.add(request);
    }
    call.onNext(ReportReply.newBuilder().setRegisterAgain(forgetful).build());
    call.onCompleted();
  }

  @Override
  public void close() {
    server.shutdownNow();
  }
}

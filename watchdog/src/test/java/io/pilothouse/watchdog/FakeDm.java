package io.pilothouse.watchdog;

import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.pilothouse.api.v1.PullTargetsReply;
import io.pilothouse.api.v1.PullTargetsRequest;
import io.pilothouse.api.v1.ReportVerdictsRequest;
import io.pilothouse.api.v1.SatelliteGrpc;
import io.pilothouse.api.v1.SatelliteWriteReply;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** As much of a Device Manager as the watchdog service speaks with. */
final class FakeDm extends SatelliteGrpc.SatelliteImplBase implements AutoCloseable {
  private final Server server;
  private final List<ReportVerdictsRequest> reports = new CopyOnWriteArrayList<>();
  private volatile PullTargetsReply targets = PullTargetsReply.getDefaultInstance();
  private volatile boolean refusing;
  private volatile long floor;

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

  void targets(PullTargetsReply reply) {
    targets = reply;
  }

  void refuse(boolean now) {
    refusing = now;
  }

  List<ReportVerdictsRequest> reports() {
    return reports;
  }

  @Override
  public void pullTargets(PullTargetsRequest request, StreamObserver<PullTargetsReply> call) {
    call.onNext(targets);
    call.onCompleted();
  }

  @Override
  public void reportVerdicts(
      ReportVerdictsRequest request, StreamObserver<SatelliteWriteReply> call) {
    if (refusing) {
      call.onError(Status.INTERNAL.withDescription("refused").asRuntimeException());
      return;
    }
    reports.add(request);
    boolean older =
        request.getVerdictsList().stream().allMatch(each -> each.getSequence() <= floor);
    call.onNext(SatelliteWriteReply.newBuilder().setSequenceFloor(older ? floor : 0).build());
    call.onCompleted();
  }

  /** Reports that are not above it are dropped, and the answer says so. */
  void floor(long sequence) {
    floor = sequence;
  }

  @Override
  public void close() {
    server.shutdownNow();
  }
}

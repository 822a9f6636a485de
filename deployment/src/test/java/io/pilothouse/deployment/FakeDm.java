package io.pilothouse.deployment;

import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.pilothouse.api.v1.ContentHolders;
import io.pilothouse.api.v1.DeploymentReplica;
import io.pilothouse.api.v1.Manifest;
import io.pilothouse.api.v1.PullManifestsReply;
import io.pilothouse.api.v1.PullManifestsRequest;
import io.pilothouse.api.v1.ReportReplicaRequest;
import io.pilothouse.api.v1.SatelliteGrpc;
import io.pilothouse.api.v1.SatelliteWriteReply;
import io.pilothouse.api.v1.VersionRef;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;

/** As much of a Device Manager as deployment replicas speak with: manifests and who holds them. */
final class FakeDm extends SatelliteGrpc.SatelliteImplBase implements AutoCloseable {
  private final Server server;
  private final Set<String> digests = ConcurrentHashMap.newKeySet();
  private final Map<String, ReportReplicaRequest> replicas = new ConcurrentSkipListMap<>();
  private final Map<String, String> holders = new ConcurrentSkipListMap<>();

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

  void register(String digest) {
    digests.add(digest);
  }

  void forget(String digest) {
    digests.remove(digest);
  }

  /** A machine has that content. */
  void holds(String digest, String agent) {
    holders.put(digest, agent);
  }

  ReportReplicaRequest reported(String id) {
    return replicas.getOrDefault(id, ReportReplicaRequest.getDefaultInstance());
  }

  @Override
  public void pullManifests(PullManifestsRequest request, StreamObserver<PullManifestsReply> call) {
    PullManifestsReply.Builder reply = PullManifestsReply.newBuilder().setRevision(1);
    for (String digest : digests) {
      reply.addManifests(Manifest.newBuilder().setRef(VersionRef.newBuilder().setDigest(digest)));
    }
    for (ReportReplicaRequest each : replicas.values()) {
      reply.addReplicas(
          DeploymentReplica.newBuilder()
              .setId(each.getId())
              .setAddress(each.getAddress())
              .addAllHeld(each.getHeldList())
              .setUp(true));
    }
    holders.forEach(
        (digest, agent) ->
            reply.addHolders(ContentHolders.newBuilder().setDigest(digest).addAgents(agent)));
    call.onNext(reply.build());
    call.onCompleted();
  }

  @Override
  public void reportReplica(
      ReportReplicaRequest request, StreamObserver<SatelliteWriteReply> call) {
    replicas.put(request.getId(), request);
    call.onNext(SatelliteWriteReply.getDefaultInstance());
    call.onCompleted();
  }

  @Override
  public void close() {
    server.shutdownNow();
  }
}

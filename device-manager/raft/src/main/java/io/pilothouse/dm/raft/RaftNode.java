package io.pilothouse.dm.raft;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.pilothouse.api.log.v1.Entry;
import io.pilothouse.tls.TlsDirectory;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.apache.ratis.proto.RaftProtos.RaftGroupIdProto;
import org.apache.ratis.proto.RaftProtos.RaftRpcRequestProto;
import org.apache.ratis.proto.RaftProtos.StartLeaderElectionRequestProto;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.protocol.SetConfigurationRequest;
import org.apache.ratis.protocol.SnapshotManagementRequest;
import org.apache.ratis.protocol.TransferLeadershipRequest;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.statemachine.SnapshotInfo;
import org.apache.ratis.statemachine.StateMachine;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.thirdparty.com.google.protobuf.UnsafeByteOperations;
import org.apache.ratis.util.ExitUtils;
import org.apache.ratis.util.LifeCycle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** This replica's Ratis server, and requests to it from inside the process. */
final class RaftNode implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(RaftNode.class);
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(10);

  private final RaftServer server;
  private final RaftGroupId group;
  private final RaftServer.Division division;
  private final Optional<TlsDirectory> tls;
  private final ClientId manager = ClientId.randomId();
  private final AtomicLong callIds = new AtomicLong();

  private RaftNode(RaftServer server, RaftGroupId group, Optional<TlsDirectory> tls)
      throws IOException {
    this.server = server;
    this.tls = tls;
    this.group = group;
    this.division = server.getDivision(group);
  }

  /** Those of one cluster have one group; others refuse what its replicas send. */
  static RaftGroupId group(String cluster) {
    return RaftGroupId.valueOf(UUID.nameUUIDFromBytes(("pilothouse/" + cluster).getBytes(UTF_8)));
  }

  static RaftNode start(ReplicaConfig config, DataDir dir, Tuning tuning, StateMachine machine)
      throws IOException, ReplicaStartException {
    // Ratis ends the process when it cannot listen; that is for Main to decide
    ExitUtils.disableSystemExit();
    requireFree(config.self().raft(), config.tls().isPresent());
    RaftGroupId id = group(config.cluster());
    // one that joins must not lead a cluster of itself alone before the others have added it
    List<RaftPeer> peers =
        dir.isJoining()
            ? List.of()
            : config.peers().stream().map(peer -> Members.ratis(peer, 0)).toList();
    RaftServer server =
        RaftServer.newBuilder()
            .setServerId(RaftPeerId.valueOf(config.id()))
            .setGroup(RaftGroup.valueOf(id, peers))
            // formats an empty directory, and never a used one
            .setOption(RaftStorage.StartupOption.RECOVER)
            .setProperties(RaftSettings.of(config.self().raft(), dir.raft(), tuning))
            .setParameters(RaftTls.parameters(config.tls()))
            .setStateMachine(machine)
            .build();
    try {
      server.start();
      return new RaftNode(server, id, config.tls());
    } catch (IOException | RuntimeException e) {
      server.close();
      throw e;
    }
  }

  RaftServer.Division division() {
    return division;
  }

  CompletableFuture<RaftClientReply> append(ClientId client, long callId, Entry entry) {
    return send(
        client,
        callId,
        RaftClientRequest.writeRequestType(),
        UnsafeByteOperations.unsafeWrap(entry.toByteArray()));
  }

  /** The term that this replica is in. */
  long term() {
    return division.getInfo().getCurrentTerm();
  }

  /** The last index that is committed, and on this replica's disk. */
  long committedHere() {
    return Math.min(
        division.getRaftLog().getFlushIndex(), division.getRaftLog().getLastCommittedIndex());
  }

  RaftGroupId group() {
    return group;
  }

  /** To ask other members by. */
  Optional<TlsDirectory> tls() {
    return tls;
  }

  /** Has these be the members; completes when they are. */
  CompletableFuture<RaftClientReply> setMembers(List<RaftPeer> expected, List<RaftPeer> wanted) {
    try {
      return server.setConfigurationAsync(
          new SetConfigurationRequest(
              manager,
              server.getId(),
              group,
              callIds.incrementAndGet(),
              SetConfigurationRequest.Arguments.newBuilder()
                  .setServersInCurrentConf(expected)
                  .setListenersInCurrentConf(List.of())
                  .setServersInNewConf(wanted)
                  .setListenersInNewConf(List.of())
                  .setMode(SetConfigurationRequest.Mode.COMPARE_AND_SET)
                  .build()));
    } catch (IOException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /** Has another member lead; completes when it does, or with why it does not. */
  CompletableFuture<RaftClientReply> transfer(String id, Duration timeout) {
    try {
      return server.transferLeadershipAsync(
          new TransferLeadershipRequest(
              manager,
              server.getId(),
              group,
              callIds.incrementAndGet(),
              RaftPeerId.valueOf(id),
              timeout.toMillis()));
    } catch (IOException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /** The last entry of this replica's log, or of its snapshot; without either, of term 0. */
  TermIndex lastEntry() {
    @Nullable TermIndex last = division.getRaftLog().getLastEntryTermIndex();
    if (last != null) {
      return last;
    }
    @Nullable SnapshotInfo snapshot = division.getStateMachine().getLatestSnapshot();
    return snapshot == null ? TermIndex.INITIAL_VALUE : snapshot.getTermIndex();
  }

  /** For how long nothing was heard of the leader that this replica follows. */
  long leaderSilentMillis() {
    return division
        .getInfo()
        .getRoleInfoProto()
        .getFollowerInfo()
        .getLeaderInfo()
        .getLastRpcElapsedTimeMs();
  }

  /**
   * Stands for election now, in the place of a leader that has ended: as if that one had asked for
   * it. Refused when another one leads by now, or when this replica has no entry of the last term.
   *
   * @return whether it stands
   */
  boolean stand(String ended) {
    TermIndex last = lastEntry();
    try {
      return server
          .startLeaderElection(
              StartLeaderElectionRequestProto.newBuilder()
                  .setServerRequest(
                      RaftRpcRequestProto.newBuilder()
                          .setRequestorId(RaftPeerId.valueOf(ended).toByteString())
                          .setReplyId(server.getId().toByteString())
                          .setRaftGroupId(RaftGroupIdProto.newBuilder().setId(group.toByteString()))
                          .setCallId(callIds.incrementAndGet()))
                  .setLeaderLastEntry(last.toProto())
                  .build())
          .getServerReply()
          .getSuccess();
    } catch (IOException e) {
      log.debug("This replica cannot stand", e);
      return false;
    }
  }

  /** Takes a snapshot at the applied index. */
  long snapshot() throws IOException {
    RaftClientReply reply =
        server.snapshotManagement(
            SnapshotManagementRequest.newCreate(
                manager, server.getId(), group, callIds.incrementAndGet(), 30_000));
    if (!reply.isSuccess()) {
      throw new IOException("no snapshot was taken", reply.getException());
    }
    return reply.getLogIndex();
  }

  /** Returns when all files are closed. */
  @Override
  public void close() throws IOException {
    Thread closer = ServerCloser.start(server);
    try {
      if (!closer.join(CLOSE_TIMEOUT)) {
        throw new IOException("Ratis did not close within " + CLOSE_TIMEOUT.toSeconds() + " s");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while Ratis closes");
    }
    // when others close it, too, it is they who wait
    long end = System.nanoTime() + CLOSE_TIMEOUT.toNanos();
    while (division.getInfo().getLifeCycleState() != LifeCycle.State.CLOSED) {
      if (System.nanoTime() > end) {
        throw new IOException("Ratis did not close within " + CLOSE_TIMEOUT.toSeconds() + " s");
      }
      LockSupport.parkNanos(10_000_000);
    }
  }

  private CompletableFuture<RaftClientReply> send(
      ClientId client, long callId, RaftClientRequest.Type type, ByteString message) {
    RaftClientRequest request =
        RaftClientRequest.newBuilder()
            .setClientId(client)
            .setServerId(server.getId())
            .setGroupId(group)
            .setCallId(callId)
            .setMessage(Message.valueOf(message))
            .setType(type)
            .build();
    try {
      return server.submitClientRequestAsync(request);
    } catch (IOException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /** Ratis' own message for a port in use says neither which, nor what to do. */
  private static void requireFree(HostPort address, boolean authenticates)
      throws IOException, ReplicaStartException {
    InetAddress host;
    try {
      host = InetAddress.getByName(address.host());
    } catch (UnknownHostException e) {
      throw new ReplicaStartException(
          "raft address %s: host '%s' is not known here; use an address of this machine"
              .formatted(address, address.host()),
          e);
    }
    if (!host.isLoopbackAddress() && !authenticates) {
      throw new ReplicaStartException(
          ("raft address %s is not a loopback address, and without TLS whoever reaches it can "
                  + "write the log; give --tls DIR, or stay on 127.0.0.1")
              .formatted(address));
    }
    try (ServerSocket probe = new ServerSocket()) {
      probe.setReuseAddress(true);
      probe.bind(new InetSocketAddress(host, address.port()));
    } catch (BindException e) {
      throw new ReplicaStartException(
          ("raft address %s is in use by another process; stop that process or "
                  + "choose another port in --peers")
              .formatted(address),
          e);
    }
  }
}

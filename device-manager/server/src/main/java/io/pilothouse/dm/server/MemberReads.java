package io.pilothouse.dm.server;

import io.pilothouse.api.log.v1.ReplicaVitals;
import io.pilothouse.api.v1.GetMembersReply;
import io.pilothouse.api.v1.JoiningReplica;
import io.pilothouse.api.v1.ReplicaMember;
import io.pilothouse.dm.raft.CommonLevel;
import io.pilothouse.dm.raft.PeerStatus;
import io.pilothouse.dm.raft.Replica;
import io.pilothouse.dm.state.FeatureLevel;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Who the replicas are and how they are, as the leader knows it. */
final class MemberReads {

  private final String cluster;
  private final Replica replica;
  private final Writes writes;

  MemberReads(String cluster, Replica replica, Writes writes) {
    this.cluster = cluster;
    this.replica = replica;
    this.writes = writes;
  }

  GetMembersReply members() {
    writes.linearize();
    CommonLevel common = replica.commonLevel();
    Map<String, ReplicaVitals> vitals = common.known();
    GetMembersReply.Builder reply =
        GetMembersReply.newBuilder()
            .setCluster(cluster)
            .setFeatureLevel(replica.read(FeatureLevel::of))
            .setPossibleLevel(common.highest().orElse(0))
            .setApplied(Math.max(0, replica.appliedIndex()))
            .setChanging(replica.membership().isChanging());
    replica.peers().forEach(peer -> reply.addMembers(member(peer, vitals.get(peer.peer().id()))));
    replica
        .joining()
        .forEach(
            (id, matched) ->
                reply.addJoining(
                    JoiningReplica.newBuilder().setId(id).setMatched(Math.max(0, matched))));
    return reply.build();
  }

  private ReplicaMember member(PeerStatus peer, @Nullable ReplicaVitals vitals) {
    ReplicaMember.Builder member =
        ReplicaMember.newBuilder()
            .setId(peer.peer().id())
            .setRaftAddress(peer.peer().raft().toString())
            .setGrpcAddress(peer.peer().grpc().toString())
            .setHttpAddress(peer.peer().http().toString())
            .setPriority(peer.priority())
            .setLeader(peer.leader())
            .setUp(peer.isUp())
            .setMatched(
                peer.self()
                    ? Math.max(0, replica.appliedIndex())
                    : Math.max(0, peer.matchIndex().orElse(0)))
            .setSilentMs(peer.lastContact().map(Duration::toMillis).orElse(0L));
    if (vitals != null) {
      member
          .setKnown(true)
          .setVersion(vitals.getVersion())
          .setMinLevel(vitals.getMinLevel())
          .setMaxLevel(vitals.getMaxLevel())
          .setDiskFree(vitals.getDiskFree())
          .setDiskSize(vitals.getDiskSize())
          .setSyncUs(vitals.getSyncUs())
          .setDisagrees(vitals.getDisagrees());
    }
    return member.build();
  }
}

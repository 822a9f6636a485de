package io.pilothouse.dm.raft;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.apache.ratis.proto.RaftProtos.ServerRpcProto;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.RaftServer;
import org.jspecify.annotations.Nullable;

/** Who leads, and what the leader knows of the others. */
final class Leadership {

  private final ReplicaConfig config;
  private final RaftServer.Division division;
  private final Duration fresh;

  /**
   * Looks at one replica.
   *
   * @param electionTimeout the shortest time without a leader's sign after which one stands
   */
  Leadership(ReplicaConfig config, RaftServer.Division division, Duration electionTimeout) {
    this.config = config;
    this.division = division;
    this.fresh = electionTimeout.multipliedBy(7).dividedBy(10);
  }

  /** Whether this replica leads and has applied all that earlier leaders acknowledged. */
  boolean isLeader() {
    return division.getInfo().isLeaderReady();
  }

  Optional<Peer> leader() {
    @Nullable RaftPeerId leader = division.getInfo().getLeaderId();
    return leader == null ? Optional.empty() : peer(leader.toString());
  }

  NotLeaderException notLeader() {
    @Nullable Peer other = leader().filter(peer -> !peer.id().equals(config.id())).orElse(null);
    return NotLeaderException.of(config.id(), other);
  }

  /**
   * Whether a majority, this replica included, answered lately enough that no other leader can have
   * been elected: a follower that hears from a leader refuses its vote for an election timeout.
   */
  boolean isConfirmed() {
    long heard =
        division.getInfo().getRoleInfoProto().getLeaderInfo().getFollowerInfoList().stream()
            .filter(follower -> follower.getLastRpcElapsedTimeMs() < fresh.toMillis())
            .count();
    return isLeader() && heard + 1 > config.peers().size() / 2;
  }

  List<PeerStatus> peers() {
    Optional<Peer> leader = leader();
    List<ServerRpcProto> followers =
        division.getInfo().getRoleInfoProto().getLeaderInfo().getFollowerInfoList();
    long @Nullable [] matches = division.getInfo().getFollowerMatchIndices();
    Map<String, PeerStatus> known = new TreeMap<>();
    for (Peer peer : config.peers()) {
      boolean leads = leader.filter(peer::equals).isPresent();
      boolean self = peer.id().equals(config.id());
      known.put(
          peer.id(), new PeerStatus(peer, self, leads, OptionalLong.empty(), Optional.empty()));
    }
    // both lists are in the order of the leader's senders; they differ while a term ends
    if (matches != null && matches.length == followers.size()) {
      for (int i = 0; i < matches.length; i++) {
        ServerRpcProto follower = followers.get(i);
        OptionalLong match = OptionalLong.of(matches[i]);
        Duration contact = Duration.ofMillis(follower.getLastRpcElapsedTimeMs());
        known.computeIfPresent(
            follower.getId().getId().toStringUtf8(),
            (id, peer) ->
                new PeerStatus(peer.peer(), peer.self(), false, match, Optional.of(contact)));
      }
    }
    return new ArrayList<>(known.values());
  }

  private Optional<Peer> peer(String id) {
    return config.peers().stream().filter(peer -> peer.id().equals(id)).findFirst();
  }
}

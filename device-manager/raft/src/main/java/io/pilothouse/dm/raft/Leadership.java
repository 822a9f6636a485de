package io.pilothouse.dm.raft;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
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

  private final String self;
  private final Members members;
  private final RaftServer.Division division;

  /** Looks at one replica. */
  Leadership(String self, Members members, RaftServer.Division division) {
    this.self = self;
    this.members = members;
    this.division = division;
  }

  /** Whether this replica leads and has applied all that earlier leaders acknowledged. */
  boolean isLeader() {
    return division.getInfo().isLeaderReady();
  }

  Optional<Peer> leader() {
    @Nullable RaftPeerId leader = division.getInfo().getLeaderId();
    return leader == null ? Optional.empty() : members.peer(leader.toString());
  }

  NotLeaderException notLeader() {
    @Nullable Peer other = leader().filter(peer -> !peer.id().equals(self)).orElse(null);
    return NotLeaderException.of(self, other);
  }

  List<PeerStatus> peers() {
    Optional<Peer> leader = leader();
    Map<String, PeerStatus> known = new TreeMap<>();
    for (Member each : members.all()) {
      Peer peer = each.peer();
      boolean leads = leader.filter(peer::equals).isPresent();
      known.put(
          peer.id(),
          new PeerStatus(
              peer,
              peer.id().equals(self),
              leads,
              OptionalLong.empty(),
              Optional.empty(),
              each.priority()));
    }
    followers()
        .forEach(
            (follower, matched) ->
                known.computeIfPresent(
                    follower.getId().getId().toStringUtf8(),
                    (id, peer) ->
                        new PeerStatus(
                            peer.peer(),
                            peer.self(),
                            false,
                            OptionalLong.of(matched),
                            Optional.of(Duration.ofMillis(follower.getLastRpcElapsedTimeMs())),
                            peer.priority())));
    return new ArrayList<>(known.values());
  }

  /** To whom the leader sends, and up to which index each has its log. */
  private Map<ServerRpcProto, Long> followers() {
    List<ServerRpcProto> followers =
        division.getInfo().getRoleInfoProto().getLeaderInfo().getFollowerInfoList();
    long @Nullable [] matches = division.getInfo().getFollowerMatchIndices();
    Map<ServerRpcProto, Long> matched = new LinkedHashMap<>();
    // both lists are in the order of the leader's senders; they differ while a term ends
    if (matches != null && matches.length == followers.size()) {
      for (int i = 0; i < matches.length; i++) {
        matched.put(followers.get(i), matches[i]);
      }
    }
    return matched;
  }

  /** Up to which index a replica that is being brought up to date has the log. */
  Map<String, Long> joining() {
    Map<String, Long> joining = new TreeMap<>();
    followers()
        .forEach(
            (follower, matched) -> joining.put(follower.getId().getId().toStringUtf8(), matched));
    members.all().forEach(each -> joining.remove(each.id()));
    return joining;
  }
}

package io.pilothouse.dm.raft;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.server.RaftConfiguration;

/**
 * Who the replicas are: what the log says. {@code --peers} only begins it, and supplies the
 * addresses of gRPC and HTTP that a log of an earlier release does not hold.
 */
final class Members {

  private final ReplicaConfig config;
  private final Supplier<RaftConfiguration> current;

  Members(ReplicaConfig config, Supplier<RaftConfiguration> current) {
    this.config = config;
    this.current = current;
  }

  /** All that vote, by id. */
  List<Member> all() {
    return current.get().getCurrentPeers().stream()
        .map(this::member)
        .sorted(Comparator.comparing(Member::id))
        .toList();
  }

  /** As {@link #all}, without priorities. */
  List<Peer> voters() {
    return all().stream().map(Member::peer).toList();
  }

  /** As {@link #voters}, without this replica. */
  List<Peer> others() {
    return voters().stream().filter(each -> !each.id().equals(config.id())).toList();
  }

  Optional<Member> member(String id) {
    return all().stream().filter(each -> each.id().equals(id)).findFirst();
  }

  /** Where a replica is reached: also one that is about to go, or to come. */
  Optional<Peer> peer(String id) {
    RaftConfiguration now = current.get();
    return java.util.stream.Stream.concat(
            now.getCurrentPeers().stream(), now.getPreviousPeers().stream())
        .filter(each -> each.getId().toString().equals(id))
        .map(each -> member(each).peer())
        .findFirst()
        .or(() -> seed(id));
  }

  /** Whether these replicas are a majority, of the old members too while they change. */
  boolean isMajority(Set<String> ids) {
    RaftConfiguration now = current.get();
    return holdsMajority(ids, now.getCurrentPeers())
        && (now.getPreviousPeers().isEmpty() || holdsMajority(ids, now.getPreviousPeers()));
  }

  /** Whether a change of the members is under way. */
  boolean isChanging() {
    return !current.get().getPreviousPeers().isEmpty();
  }

  /** A member as Ratis keeps it in the log. */
  static RaftPeer ratis(Member member) {
    return ratis(member.peer(), member.priority());
  }

  static RaftPeer ratis(Peer peer, int priority) {
    return RaftPeer.newBuilder()
        .setId(peer.id())
        .setAddress(peer.raft().toString())
        // Ratis serves all on one port, and has no use of its own for these two
        .setClientAddress(peer.grpc().toString())
        .setAdminAddress(peer.http().toString())
        .setPriority(priority)
        .build();
  }

  private Member member(RaftPeer kept) {
    String id = kept.getId().toString();
    HostPort raft = HostPort.parse(kept.getAddress());
    Optional<Peer> seed = seed(id);
    HostPort grpc = address(kept.getClientAddress(), seed.map(Peer::grpc).orElse(raft));
    HostPort http = address(kept.getAdminAddress(), seed.map(Peer::http).orElse(raft));
    return new Member(new Peer(id, raft, grpc, http), kept.getPriority());
  }

  private static HostPort address(
      @org.jspecify.annotations.Nullable String kept, HostPort otherwise) {
    return kept == null || kept.isEmpty() ? otherwise : HostPort.parse(kept);
  }

  private Optional<Peer> seed(String id) {
    return config.peers().stream().filter(peer -> peer.id().equals(id)).findFirst();
  }

  private static boolean holdsMajority(Set<String> ids, Collection<RaftPeer> peers) {
    Set<String> members =
        peers.stream().map(each -> each.getId().toString()).collect(Collectors.toSet());
    long held = ids.stream().filter(members::contains).count();
    return held > members.size() / 2;
  }
}

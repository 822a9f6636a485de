package io.pilothouse.dm.raft;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.ratis.protocol.RaftClientReply;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Changes who the replicas are, one at a time, on the leader. A new one is first brought up to date
 * and votes only then; the old and the new majority both agree to the change (joint consensus), so
 * no moment has two leaders. Each change may be asked for again: it is the same one.
 */
public final class Membership {

  /** More only makes each write wait for more disks. */
  public static final int MOST = 7;

  private static final Logger log = LoggerFactory.getLogger(Membership.class);
  private static final Duration HAND_OVER = Duration.ofSeconds(2);

  private final String self;
  private final RaftNode node;
  private final Members members;
  private final Leadership leadership;
  private @Nullable List<Member> wanted;
  private @Nullable CompletableFuture<RaftClientReply> running;

  Membership(String self, RaftNode node, Members members, Leadership leadership) {
    this.self = self;
    this.node = node;
    this.members = members;
    this.leadership = leadership;
  }

  /** All that vote, by id. */
  public List<Member> members() {
    return members.all();
  }

  /** Whether the old and the new members are about to decide together. */
  public boolean isChanging() {
    return members.isChanging();
  }

  /**
   * Refuses what is no replica's id.
   *
   * @throws IllegalArgumentException saying what one looks like
   */
  public static void requireName(String id) {
    ReplicaConfig.requireName("replica id", id);
  }

  /**
   * Adds a replica that runs, empty, with {@code --join}.
   *
   * @return completes when it votes
   */
  public CompletableFuture<Void> add(Member added) throws MembershipException {
    List<Member> next = new ArrayList<>(without(added.id()));
    next.add(added);
    return change(next, "add " + added.id());
  }

  /** Takes one away; it stops by itself. A leader hands over first, and this call fails with it. */
  public CompletableFuture<Void> remove(String id) throws MembershipException {
    require(id);
    handOverIfSelf(id);
    return change(without(id), "remove " + id);
  }

  /** Puts a new one in the place of another, which may be dead, in one step. */
  public CompletableFuture<Void> replace(String old, Peer by) throws MembershipException {
    if (isMember(by) && members.member(old).isEmpty()) {
      return CompletableFuture.completedFuture(null);
    }
    int priority = require(old).priority();
    handOverIfSelf(old);
    List<Member> next = new ArrayList<>(without(old));
    next.removeIf(each -> each.id().equals(by.id()));
    next.add(new Member(by, priority));
    return change(next, "replace " + old + " by " + by.id());
  }

  /** Has the one with the highest priority lead, when it can. */
  public CompletableFuture<Void> prioritise(String id, int priority) throws MembershipException {
    Member known = require(id);
    List<Member> next = new ArrayList<>(without(id));
    next.add(new Member(known.peer(), priority));
    return change(next, "priority of " + id);
  }

  /** Has another replica lead. */
  public CompletableFuture<Void> transfer(String id) throws MembershipException {
    requireLeader();
    Member to = require(id);
    int highest = members.all().stream().mapToInt(Member::priority).max().orElse(0);
    if (to.priority() < highest) {
      throw new MembershipException(
          "%s has priority %d, and one with %d would take the lead back"
              .formatted(id, to.priority(), highest),
          "pilot dm priority %s %d".formatted(id, highest));
    }
    return done(node.transfer(id, HAND_OVER), "transfer to " + id);
  }

  /**
   * Hands leadership to the replica that is furthest, so that nobody waits for an election; returns
   * when that is done or {@code patience} has passed. Does nothing on a follower.
   */
  void handOver(Duration patience) {
    if (!leadership.isLeader()) {
      return;
    }
    int highest = members.all().stream().mapToInt(Member::priority).max().orElse(0);
    Optional<PeerStatus> next =
        leadership.peers().stream()
            .filter(each -> !each.self() && each.isUp() && each.priority() == highest)
            .max(Comparator.comparingLong(each -> each.matchIndex().orElse(-1)));
    if (next.isEmpty()) {
      return;
    }
    String id = next.get().peer().id();
    long start = System.nanoTime();
    try {
      RaftClientReply reply =
          node.transfer(id, patience)
              .get(patience.toMillis(), java.util.concurrent.TimeUnit.MILLISECONDS);
      log.info(
          "Handed leadership to {} in {} ms: {}",
          id,
          Duration.ofNanos(System.nanoTime() - start).toMillis(),
          reply.isSuccess() ? "done" : reply.getException());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (java.util.concurrent.ExecutionException | java.util.concurrent.TimeoutException e) {
      log.warn("Leadership was not handed to {} in time: the others elect a leader ({})", id, e);
    }
  }

  private synchronized CompletableFuture<Void> change(List<Member> next, String what)
      throws MembershipException {
    requireLeader();
    List<Member> sorted = next.stream().sorted(Comparator.comparing(Member::id)).toList();
    @Nullable CompletableFuture<RaftClientReply> current = running;
    if (current != null && !current.isDone()) {
      if (sorted.equals(wanted)) {
        return done(current, what);
      }
      throw new MembershipException(
          "another change of the members is under way, towards " + ids(wanted),
          "wait until `pilot dm members` shows it done");
    }
    List<Member> now = members.all();
    if (sorted.equals(now)) {
      return CompletableFuture.completedFuture(null);
    }
    check(now, sorted);
    log.info("Members change from {} to {}: {}", ids(now), ids(sorted), what);
    CompletableFuture<RaftClientReply> started =
        node.setMembers(now.stream().map(Members::ratis).toList(), ratis(sorted));
    wanted = sorted;
    running = started;
    return done(started, what);
  }

  private void check(List<Member> now, List<Member> next) throws MembershipException {
    if (next.isEmpty()) {
      throw new MembershipException(
          "%s is the only replica".formatted(self), "add another one first");
    }
    if (next.size() > MOST) {
      throw new MembershipException(
          "%d replicas; expected at most %d".formatted(next.size(), MOST), "remove one first");
    }
    requireOwnAddresses(next);
    requireNoneMoved(now, next);
    Set<String> up =
        leadership.peers().stream()
            .filter(PeerStatus::isUp)
            .map(each -> each.peer().id())
            .collect(Collectors.toCollection(HashSet::new));
    long upNow = now.stream().filter(each -> up.contains(each.id())).count();
    long added = next.stream().filter(each -> known(now, each.id()).isEmpty()).count();
    // a new one is brought up to date before it counts, or the change does not happen
    long upNext = added + next.stream().filter(each -> up.contains(each.id())).count();
    if (upNow <= now.size() / 2 || upNext <= next.size() / 2) {
      throw new MembershipException(
          "%d of %d replicas are up, and %d of the %d that there would be: no majority"
              .formatted(upNow, now.size(), upNext, next.size()),
          "start the replicas that are down first; `pilot dm members` shows which");
    }
  }

  /**
   * A known id at other addresses would count as a replica that has caught up: Raft tells members
   * by their ids alone.
   */
  private static void requireNoneMoved(List<Member> now, List<Member> next)
      throws MembershipException {
    for (Member each : next) {
      Optional<Member> known = known(now, each.id());
      if (known.isPresent() && !known.get().peer().equals(each.peer())) {
        throw new MembershipException(
            "%s is a replica already, at %s".formatted(each.id(), known.get().peer().raft()),
            "a replica at other addresses needs an id that was never used: `pilot dm replace %s dm-N …`"
                .formatted(each.id()));
      }
    }
  }

  private static void requireOwnAddresses(List<Member> next) throws MembershipException {
    Set<HostPort> taken = new HashSet<>();
    for (Member each : next) {
      for (HostPort address : List.of(each.peer().raft(), each.peer().grpc(), each.peer().http())) {
        if (!taken.add(address)) {
          throw new MembershipException(
              "address %s of %s is another's too".formatted(address, each.id()),
              "give each replica addresses of its own");
        }
      }
    }
  }

  private void requireLeader() {
    if (!leadership.isLeader()) {
      throw leadership.notLeader();
    }
  }

  private Member require(String id) throws MembershipException {
    return members
        .member(id)
        .orElseThrow(
            () ->
                new MembershipException(
                    "no replica '%s'; there are %s".formatted(id, ids(members.all())),
                    "`pilot dm members` lists them"));
  }

  /** A leader that is to go lets another lead first; that one is then asked again. */
  private void handOverIfSelf(String id) {
    requireLeader();
    if (id.equals(self) && members.all().size() > 1) {
      handOver(HAND_OVER);
      requireLeader();
    }
  }

  private boolean isMember(Peer peer) {
    return members.member(peer.id()).filter(each -> each.peer().equals(peer)).isPresent();
  }

  private List<Member> without(String id) {
    return members.all().stream().filter(each -> !each.id().equals(id)).toList();
  }

  private static Optional<Member> known(List<Member> in, String id) {
    return in.stream().filter(each -> each.id().equals(id)).findFirst();
  }

  private static List<org.apache.ratis.protocol.RaftPeer> ratis(List<Member> members) {
    return members.stream().map(Members::ratis).toList();
  }

  private static String ids(@Nullable List<Member> members) {
    return Stream.ofNullable(members)
        .flatMap(List::stream)
        .map(Member::id)
        .collect(Collectors.joining(", "));
  }

  private static CompletableFuture<Void> done(
      CompletableFuture<RaftClientReply> asked, String what) {
    return asked
        .handle(
            (reply, error) ->
                reply == null ? error : reply.isSuccess() ? null : reply.getException())
        .thenCompose(
            error ->
                error == null
                    ? CompletableFuture.completedFuture(null)
                    : CompletableFuture.failedFuture(
                        new MembershipException(
                            "%s did not happen: %s".formatted(what, error.getMessage()),
                            "see that the new replica runs with --join and answers on its raft"
                                + " address, then repeat")));
  }
}

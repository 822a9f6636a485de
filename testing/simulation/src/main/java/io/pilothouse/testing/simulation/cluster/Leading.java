package io.pilothouse.testing.simulation.cluster;

import io.pilothouse.testing.simulation.cluster.Message.Append;
import io.pilothouse.testing.simulation.cluster.Message.Appended;
import io.pilothouse.testing.simulation.cluster.Message.AskTerm;
import io.pilothouse.testing.simulation.cluster.Message.Install;
import io.pilothouse.testing.simulation.cluster.Message.Stand;
import io.pilothouse.testing.simulation.cluster.Message.TermIs;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** What a leader knows of the others, in one term. */
final class Leading {
  /** A new member that is so many entries behind may vote. */
  private static final int CLOSE = 10;

  private static final long HEARTBEAT = Raft.TIMEOUT / 2;
  private static final long HANDOVER = 2_000;

  private static final class Peer {
    private long next;
    private long matched;
    private long sentAt;
    private long heardAt;
  }

  private static final class Asked {
    private final Set<Integer> same = new TreeSet<>();
    private final Runnable then;

    private Asked(Runnable then) {
      this.then = then;
    }
  }

  private final Server server;
  private final Raft raft;
  private final Disk disk;
  private final Map<Integer, Peer> peers = new TreeMap<>();
  private final Map<Long, Asked> asked = new TreeMap<>();
  private final long firstIndex;
  private final long since;
  private OptionalInt joining = OptionalInt.empty();
  private int leaving;
  private OptionalInt successor = OptionalInt.empty();
  private long handingOverUntil;

  Leading(Server server, Raft raft) {
    this.server = server;
    this.raft = raft;
    this.disk = server.disk();
    this.firstIndex = disk.last() + 1;
    this.since = server.clock.monotonic();
  }

  /** Of the entry that this leader began with. */
  long firstIndex() {
    return firstIndex;
  }

  private Peer peer(int id) {
    return peers.computeIfAbsent(
        id,
        key -> {
          Peer peer = new Peer();
          peer.next = disk.last() + 1;
          peer.heardAt = since;
          return peer;
        });
  }

  private Set<Integer> others() {
    Set<Integer> others = new TreeSet<>(raft.members().all());
    joining.ifPresent(others::add);
    others.remove(server.id);
    return others;
  }

  void tick() {
    for (int each : others()) {
      if (server.clock.monotonic() - peer(each).sentAt >= HEARTBEAT) {
        send(each);
      }
    }
    changeMembers();
    if (server.clock.monotonic() >= handingOverUntil) {
      successor = OptionalInt.empty();
    }
    successor.ifPresent(this::hand);
  }

  void sendAll() {
    others().forEach(this::send);
  }

  private void send(int to) {
    Peer peer = peer(to);
    peer.sentAt = server.clock.monotonic();
    Disk.Stored snapshot = disk.snapshot();
    if (peer.next <= disk.before() && snapshot != null) {
      server.send(to, new Install(disk.term(), server.id, snapshot));
      return;
    }
    long previous = peer.next - 1;
    server.send(
        to,
        new Append(
            disk.term(),
            server.id,
            previous,
            disk.termAt(previous),
            disk.from(peer.next, server.world.profile.largestAppend()),
            raft.commit().index()));
  }

  void answered(Appended answer) {
    Peer peer = peer(answer.from());
    peer.heardAt = server.clock.monotonic();
    if (!answer.ok()) {
      peer.next = Math.max(peer.matched + 1, Math.min(peer.next, answer.matched() + 1));
      send(answer.from());
      return;
    }
    boolean more = answer.matched() > peer.matched;
    peer.matched = Math.max(peer.matched, answer.matched());
    peer.next = Math.max(peer.next, peer.matched + 1);
    if (more) {
      advance();
      if (peer.next <= disk.last()) {
        send(answer.from());
      }
    }
  }

  /** Commits what a majority has on its disks, if it is of this term or before such. */
  void advance() {
    for (long index = disk.synced(); index > raft.commit().index(); index--) {
      if (disk.termAt(index) == disk.term() && isEnough(holders(index))) {
        boolean membersChange = disk.at(index).members() != null;
        raft.commit().upTo(index);
        sendAll();
        if (membersChange) {
          server.world.step(server);
        }
        return;
      }
    }
  }

  private boolean isEnough(Set<Integer> holders) {
    return switch (server.world.defect) {
      case COMMITS_ALONE -> true;
      case CHANGES_MEMBERS_ALONE -> raft.members().isMajorityOfTheNew(holders);
      default -> raft.members().isMajority(holders);
    };
  }

  private Set<Integer> holders(long index) {
    Set<Integer> holders = new TreeSet<>();
    holders.add(server.id);
    peers.forEach(
        (id, peer) -> {
          if (peer.matched >= index) {
            holders.add(id);
          }
        });
    return holders;
  }

  /** Whether a majority answered within the last so many ms. */
  boolean hears(long within) {
    return raft.members().isMajority(heard(within));
  }

  private Set<Integer> heard(long within) {
    long now = server.clock.monotonic();
    Set<Integer> heard = new TreeSet<>(Set.of(server.id));
    for (int each : raft.members().all()) {
      if (each != server.id && now - peer(each).heardAt < within) {
        heard.add(each);
      }
    }
    return heard;
  }

  // reads

  /** Acts when a majority said, after this call, that the term is still this leader's. */
  void confirm(Runnable then) {
    Asked question = new Asked(then);
    question.same.add(server.id);
    long round = server.world.unique();
    asked.put(round, question);
    raft.members().all().stream()
        .filter(each -> each != server.id)
        .forEach(each -> server.send(each, new AskTerm(disk.term(), server.id, round)));
    settle(round, question);
    server.after(Raft.TIMEOUT, () -> asked.remove(round));
  }

  void confirmed(TermIs answer) {
    Asked question = asked.get(answer.round());
    if (question != null) {
      question.same.add(answer.from());
      settle(answer.round(), question);
    }
  }

  private void settle(long round, Asked question) {
    if (raft.members().isMajority(question.same)) {
      asked.remove(round);
      question.then.run();
    }
  }

  void over() {
    asked.clear();
  }

  // who leads, who belongs

  /** Has another one lead, once it has all entries. */
  void handTo(int id) {
    successor = OptionalInt.of(id);
    handingOverUntil = server.clock.monotonic() + HANDOVER;
    hand(id);
  }

  private void hand(int id) {
    if (peer(id).matched == disk.last()) {
      server.send(id, new Stand(disk.term(), server.id));
      successor = OptionalInt.empty();
    } else {
      send(id);
    }
  }

  /** Puts a new one in the place of another: it catches up first, then both majorities agree. */
  void replace(int old, int by) {
    boolean done = raft.members().now().contains(by) && !raft.members().contains(old);
    if (!done && !raft.members().isChanging() && raft.isReady()) {
      leaving = old;
      joining = OptionalInt.of(by);
    }
  }

  /** Whether the newest change of the members is committed. */
  boolean areMembersDecided() {
    return memberIndex() <= raft.commit().index();
  }

  private void changeMembers() {
    Members members = raft.members();
    if (members.isChanging()) {
      if (areMembersDecided()) {
        raft.put(LogRecord.of(disk.term(), Members.of(members.now())));
      }
    } else if (joining.isPresent()) {
      int by = joining.getAsInt();
      if (peer(by).matched + CLOSE >= raft.commit().index() && areMembersDecided()) {
        List<Integer> next = new ArrayList<>(members.now());
        next.remove(Integer.valueOf(leaving));
        next.add(by);
        joining = OptionalInt.empty();
        server.world.trace.say("%s changes members to %s", server.name(), next);
        raft.put(LogRecord.of(disk.term(), members.changingTo(next)));
      }
    }
  }

  /** The index of the newest entry that names members; 0 when it is behind a snapshot. */
  private long memberIndex() {
    for (long index = disk.last(); index > disk.before(); index--) {
      if (disk.at(index).members() != null) {
        return index;
      }
    }
    return 0;
  }
}

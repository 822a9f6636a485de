package io.pilothouse.testing.simulation.cluster;

import com.google.protobuf.ByteString;
import io.pilothouse.api.log.v1.Entry;
import io.pilothouse.api.log.v1.Reply;
import io.pilothouse.api.log.v1.Request;
import io.pilothouse.api.log.v1.StateCheck;
import io.pilothouse.dm.raft.LogClock;
import io.pilothouse.dm.raft.RunningDigest;
import io.pilothouse.dm.raft.StateChecks;
import io.pilothouse.dm.state.Applied;
import io.pilothouse.dm.state.Apply;
import io.pilothouse.dm.state.FeatureLevel;
import io.pilothouse.dm.state.State;
import io.pilothouse.dm.state.Table;
import io.pilothouse.testing.simulation.Violation;
import io.pilothouse.testing.simulation.cluster.Disk.Stored;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Hosts the real state machine on one replica, the way {@code dm.raft} does: gathers requests into
 * entries, one in flight; stamps them by the real log clock; applies what is committed, once;
 * compares the state with the others' by the real checks; takes, sends and loads snapshots.
 */
final class Ledger {
  private static final long CHECK_EVERY = 10;
  private static final int MOST_REQUESTS = 200;
  private static final long PATIENCE = 10_000;
  private static final int ENTROPY = 16;

  /**
   * One who waits.
   *
   * @param request absent for a barrier: only the commit matters
   */
  private record Waiting(@Nullable Request request, Consumer<Answer> onAnswer) {}

  private record Batch(long index, long term, List<Waiting> waiting) {}

  private final Server server;
  private final Apply apply = new Apply();
  private final LogClock clock;
  private final StateChecks checks = new StateChecks(CHECK_EVERY);
  private final Deque<Waiting> queue = new ArrayDeque<>();
  private @Nullable Raft raft;
  private @Nullable Edge edge;
  private State state = new State();
  private RunningDigest digest = RunningDigest.following(state);
  private long applied;
  private long appliedTerm;
  private Members members = Members.of(List.of());
  private int sinceSnapshot;
  private @Nullable Batch inFlight;

  Ledger(Server server) {
    this.server = server;
    this.clock = new LogClock(server.clock, server.clock::nanos);
    checks.onDifference(this::differs);
    Stored newest = server.disk().newest();
    if (newest != null) {
      load(newest);
    }
  }

  void start(Raft log, Edge door) {
    raft = log;
    edge = door;
  }

  private Raft raft() {
    if (raft == null) {
      throw new IllegalStateException("not started");
    }
    return raft;
  }

  long applied() {
    return applied;
  }

  State state() {
    return state;
  }

  LogClock clock() {
    return clock;
  }

  byte[] digest() {
    return digest.value();
  }

  // requests

  /** Has a request decided, or only an entry committed that comes after this call. */
  void submit(@Nullable Request request, Consumer<Answer> onAnswer) {
    if (!raft().isReady()) {
      onAnswer.accept(new Answer.Unavailable(raft().leader()));
      return;
    }
    queue.add(new Waiting(request, onAnswer));
    propose();
  }

  private void propose() {
    if (inFlight != null || queue.isEmpty() || !raft().isReady()) {
      return;
    }
    List<Waiting> batch = new ArrayList<>();
    Entry.Builder entry = Entry.newBuilder().setAt(clock.stamp());
    checks.toCarry().ifPresent(entry::setCheck);
    while (batch.size() < MOST_REQUESTS && !queue.isEmpty()) {
      Waiting next = queue.remove();
      batch.add(next);
      Request request = next.request();
      if (request != null) {
        ByteString entropy = ByteString.copyFrom(server.dice.bytes(ENTROPY));
        entry.addRequests(request.toBuilder().setEntropy(entropy));
      }
    }
    Batch sent = new Batch(server.disk().last() + 1, raft().term(), batch);
    inFlight = sent;
    raft().put(LogRecord.of(raft().term(), entry.build()));
    server.after(
        PATIENCE,
        () -> {
          if (isInFlight(sent.index(), sent.term())) {
            fail(sent);
            propose();
          }
        });
  }

  private boolean isInFlight(long index, long term) {
    Batch sent = inFlight;
    return sent != null && sent.index() == index && sent.term() == term;
  }

  private void fail(Batch batch) {
    inFlight = null;
    batch.waiting().forEach(each -> each.onAnswer().accept(unavailable()));
  }

  private Answer unavailable() {
    return new Answer.Unavailable(raft().leader());
  }

  void leads() {
    edge().newTerm();
  }

  /** What is on its way may be done or not; what waits is not. */
  void leadsNoMore() {
    Batch sent = inFlight;
    if (sent != null) {
      fail(sent);
    }
    List<Waiting> left = List.copyOf(queue);
    queue.clear();
    left.forEach(each -> each.onAnswer().accept(unavailable()));
    edge().newTerm();
  }

  private Edge edge() {
    if (edge == null) {
      throw new IllegalStateException("not started");
    }
    return edge;
  }

  // entries

  void apply(long upTo) {
    while (applied < upTo && server.isUp()) {
      apply(applied + 1, server.disk().at(applied + 1));
    }
    if (server.isUp()) {
      edge().applied();
      propose();
    }
  }

  private void apply(long index, LogRecord record) {
    applied = index;
    appliedTerm = record.term();
    List<Reply> replies = List.of();
    Entry entry = record.entry();
    if (entry != null) {
      Entry stamped =
          server.world.defect == Defect.STAMPS_AT_EACH_REPLICA
              ? entry.toBuilder().setAt(clock.now().toEpochMilli()).build()
              : entry;
      Applied done = apply.apply(state, stamped, index);
      clock.applied(stamped.getAt());
      replies = done.replies();
    }
    server.world.oracle.applied(server.id, index, record, digest::value);
    checks.applied(index, FeatureLevel.of(state), digest::value);
    if (entry != null && entry.hasCheck()) {
      checks.carried(entry.getCheck());
    }
    Batch sent = inFlight;
    if (sent != null && sent.index() == index) {
      answer(sent, record, replies);
    }
    Members changed = record.members();
    if (changed != null) {
      boolean removed = members.contains(server.id) && !changed.contains(server.id);
      members = changed;
      if (removed) {
        server.leave();
        return;
      }
    }
    keep();
  }

  private void answer(Batch sent, LogRecord record, List<Reply> replies) {
    if (sent.term() != record.term()) {
      fail(sent);
      return;
    }
    inFlight = null;
    int next = 0;
    for (Waiting each : sent.waiting()) {
      Reply reply = each.request() == null ? Reply.getDefaultInstance() : replies.get(next++);
      each.onAnswer().accept(new Answer.Decided(reply));
    }
  }

  private void differs(StateCheck theirs) {
    throw new Violation(
        "8 replicas have the same state",
        "%s finds that its state at %s differs from the leader's"
            .formatted(server.name(), theirs.getIndex()));
  }

  // snapshots

  private void keep() {
    sinceSnapshot++;
    if (sinceSnapshot >= server.world.profile.snapshotEvery()) {
      sinceSnapshot = 0;
      server.world.trace.say("%s takes a snapshot at %s", server.name(), applied);
      server.disk().keep(stored(), server.world.profile.keepEntries());
    } else if (server.dice.oneIn(12)) {
      server.disk().flush(stored());
    }
  }

  private Stored stored() {
    Image image = Image.of(state);
    boolean forgets = server.world.defect == Defect.SNAPSHOTS_WITHOUT_SESSIONS;
    return new Stored(
        applied, appliedTerm, members, forgets ? image.without(Table.SESSION) : image);
  }

  /** A snapshot came that is ahead: it takes the state's place. */
  void receive(Stored snapshot) {
    server.world.trace.say("%s loads a snapshot of %s", server.name(), snapshot.index());
    server.world.count.installs++;
    load(snapshot);
    // the database follows: a crash in between finds the snapshot ahead of it
    server.after(server.syncTime(), () -> server.disk().flush(snapshot));
    checks.replaced();
    edge().applied();
  }

  private void load(Stored stored) {
    state =
        stored.index() == server.world.first.index()
            ? stored.image().share()
            : stored.image().load();
    digest = RunningDigest.following(state);
    applied = stored.index();
    appliedTerm = stored.term();
    members = stored.members();
    sinceSnapshot = 0;
    clock.applied(state.now().toEpochMilli());
    server.world.oracle.loaded(server.id, applied, digest.value());
    if (server.world.defect == Defect.APPLIES_AGAIN_AFTER_RESTART) {
      Stored snapshot = server.disk().snapshot();
      applied = snapshot == null ? applied : Math.min(applied, snapshot.index());
    }
  }
}

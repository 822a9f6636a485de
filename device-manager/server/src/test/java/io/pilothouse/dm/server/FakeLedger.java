package io.pilothouse.dm.server;

import io.pilothouse.api.log.v1.Entry;
import io.pilothouse.api.log.v1.ReplicaVitals;
import io.pilothouse.api.log.v1.Reply;
import io.pilothouse.api.log.v1.Request;
import io.pilothouse.dm.raft.CommitListener;
import io.pilothouse.dm.raft.Exceptions;
import io.pilothouse.dm.raft.HostPort;
import io.pilothouse.dm.raft.LogClock;
import io.pilothouse.dm.raft.Peer;
import io.pilothouse.dm.raft.PeerStatus;
import io.pilothouse.dm.raft.SubmitException;
import io.pilothouse.dm.record.RecordPages;
import io.pilothouse.dm.record.RecordStatus;
import io.pilothouse.dm.state.Applied;
import io.pilothouse.dm.state.Apply;
import io.pilothouse.dm.state.Levels;
import io.pilothouse.dm.state.State;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The real state and rules in memory, without replication: one entry a request, at once. */
final class FakeLedger implements Ledger {

  static final Peer SELF = peer("dm-1", 1);
  static final Peer OTHER = peer("dm-2", 2);
  static final Peer THIRD = peer("dm-3", 3);

  private volatile Path record = Path.of("no-record");
  private volatile RecordStatus recordStatus = new RecordStatus("", 0, 0, 0);
  private volatile Map<String, ReplicaVitals> vitals = Map.of();
  private final State state = new State();
  private final Apply apply = new Apply();
  private final TestClock time;
  private final LogClock clock;
  private final List<CommitListener> listeners = new CopyOnWriteArrayList<>();
  private final List<Request> submitted = new ArrayList<>();
  private volatile Optional<Peer> leader = Optional.of(SELF);
  private volatile @Nullable SubmitException failure;
  private volatile int waiting;
  private final List<Runnable> held = new ArrayList<>();
  private boolean holds;
  private int reads;
  private Duration wait = Duration.ZERO;
  private volatile @Nullable Duration thirdSilentFor = Duration.ZERO;
  private long index;

  FakeLedger(TestClock clock) {
    this.time = clock;
    this.clock = new LogClock(clock.clocks().wall(), clock.clocks().nanos());
  }

  private static Peer peer(String id, int n) {
    return new Peer(
        id,
        new HostPort("127.0.0.1", 18510 + n),
        new HostPort("127.0.0.1", 18500 + n),
        new HostPort("127.0.0.1", 18520 + n));
  }

  /** Another replica, or none, leads from now on; or this one. */
  void leaderIs(Optional<Peer> now) {
    boolean was = isLeader();
    leader = now;
    if (was != isLeader()) {
      listeners.forEach(each -> each.leadershipChanged(isLeader()));
    }
  }

  /** Every submit fails so from now on. */
  void failWith(@Nullable SubmitException exception) {
    failure = exception;
  }

  /** Whoever looks at the state waits so long for it. */
  synchronized void readsWait(Duration each) {
    wait = each;
  }

  /** How often the state was looked at. */
  synchronized int reads() {
    return reads;
  }

  /** Nothing is decided from now on, as when no majority answers. */
  synchronized void hold() {
    holds = true;
  }

  /** Requests that came meanwhile. */
  synchronized int held() {
    return held.size();
  }

  /** All that came meanwhile is decided, and what comes. */
  void release() {
    List<Runnable> now;
    synchronized (this) {
      holds = false;
      now = List.copyOf(held);
      held.clear();
    }
    now.forEach(Runnable::run);
  }

  /** So many requests wait for the log. */
  void logWaits(int requests) {
    waiting = requests;
  }

  @Override
  public int waiting() {
    return waiting;
  }

  void thirdSilentFor(Duration silence) {
    thirdSilentFor = silence;
  }

  /** All requests so far. */
  synchronized List<Request> submitted() {
    return List.copyOf(submitted);
  }

  @Override
  public CompletableFuture<Reply> submit(Request request) {
    if (!isLeader()) {
      return CompletableFuture.failedFuture(notLeader());
    }
    if (failure != null) {
      return CompletableFuture.failedFuture(failure);
    }
    synchronized (this) {
      if (holds) {
        CompletableFuture<Reply> reply = new CompletableFuture<>();
        held.add(() -> reply.complete(decide(request)));
        return reply;
      }
    }
    return CompletableFuture.completedFuture(decide(request));
  }

  private Reply decide(Request request) {
    Applied applied;
    long at;
    synchronized (this) {
      submitted.add(request);
      at = ++index;
      Entry entry =
          Entry.newBuilder()
              .setAt(clock.stamp())
              .setBornAtLevel(Levels.BUILD.max())
              .addRequests(request)
              .build();
      applied = apply.apply(state, entry, at);
    }
    listeners.forEach(each -> each.applied(at, applied));
    return applied.replies().get(0);
  }

  @Override
  public synchronized <T> T read(Function<State, T> reader) {
    reads++;
    time.pass(wait);
    return reader.apply(state);
  }

  @Override
  public CompletableFuture<Void> linearize() {
    return isLeader()
        ? CompletableFuture.completedFuture(null)
        : CompletableFuture.failedFuture(notLeader());
  }

  private SubmitException notLeader() {
    return leader
        .map(peer -> Exceptions.notLeader("dm-1", peer))
        .orElseGet(() -> Exceptions.noLeader("dm-1"));
  }

  @Override
  public boolean isLeader() {
    return leader.filter(SELF::equals).isPresent();
  }

  @Override
  public Optional<Peer> leader() {
    return leader;
  }

  @Override
  public synchronized long appliedIndex() {
    return index;
  }

  @Override
  public LogClock logClock() {
    return clock;
  }

  @Override
  public List<PeerStatus> peers() {
    return List.of(
        new PeerStatus(SELF, true, true, OptionalLong.empty(), Optional.empty(), 0),
        new PeerStatus(
            OTHER, false, false, OptionalLong.of(1), Optional.of(Duration.ofMillis(40)), 0),
        new PeerStatus(
            THIRD, false, false, OptionalLong.of(1), Optional.ofNullable(thirdSilentFor), 0));
  }

  /** What a replica, by its id, says of itself; the first is this one. */
  void vitalsAre(ReplicaVitals... said) {
    Map<String, ReplicaVitals> all = new TreeMap<>();
    for (ReplicaVitals each : said) {
      all.put(each.getReplica(), each);
    }
    vitals = all;
  }

  @Override
  public Map<String, ReplicaVitals> vitals() {
    return vitals;
  }

  @Override
  public ReplicaVitals ownVitals() {
    return vitals.getOrDefault(SELF.id(), ReplicaVitals.getDefaultInstance());
  }

  /** Where its record is. */
  void records(Path dir) {
    record = dir;
  }

  void recordingIs(RecordStatus status) {
    recordStatus = status;
  }

  @Override
  public RecordPages record() {
    return new RecordPages(record);
  }

  @Override
  public RecordStatus recordStatus() {
    return recordStatus;
  }

  @Override
  public void addListener(CommitListener listener) {
    listeners.add(listener);
    if (isLeader()) {
      listener.leadershipChanged(true);
    }
  }
}

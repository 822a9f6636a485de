package io.pilothouse.dm.raft;

import io.pilothouse.api.log.v1.Entry;
import io.pilothouse.api.log.v1.Meta;
import io.pilothouse.api.log.v1.ReplicaAnswer;
import io.pilothouse.api.log.v1.ReplicaQuestion;
import io.pilothouse.dm.record.Recorder;
import io.pilothouse.dm.state.Applied;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.RaftConfigurationProto;
import org.apache.ratis.proto.RaftProtos.RoleInfoProto;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftGroupMemberId;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.statemachine.SnapshotInfo;
import org.apache.ratis.statemachine.StateMachineStorage;
import org.apache.ratis.statemachine.TransactionContext;
import org.apache.ratis.statemachine.impl.BaseStateMachine;
import org.apache.ratis.thirdparty.com.google.protobuf.UnsafeByteOperations;
import org.apache.ratis.util.LifeCycle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What Ratis calls: entries in, snapshots out and in. Entries are applied by one thread of Ratis,
 * which also takes and loads snapshots; only {@link #pause}, {@link #close} and the notifications
 * come from others.
 */
final class FleetStateMachine extends BaseStateMachine {

  private static final Logger log = LoggerFactory.getLogger(FleetStateMachine.class);

  private static final String STOPPED =
      "Raft stopped this replica: it was removed from the cluster (`pilot dm members`), the process "
          + "was suspended for over a minute, or it met the error logged before this";

  private final DataDir dir;
  private final Applier applier;
  private final Stamp stamp;
  private final LogClock clock;
  private final FleetState state;
  private final Proposals proposals;
  private final Listeners listeners;
  private final Failure failure;
  private final ReplicaMetrics metrics;
  private final Recorder recorder;
  private final StateChecks checks;
  private final OwnMembership membership;
  private final Snapshots snapshots = new Snapshots();

  /** Keeps {@link #pause} and {@link #close} away from an entry that is being applied. */
  private final Object storeLock = new Object();

  private @Nullable Store store;
  private volatile Function<ReplicaQuestion, ReplicaAnswer> answers =
      question -> ReplicaAnswer.getDefaultInstance();

  /** Whether memory may hold what the database does not. */
  private boolean broken;

  FleetStateMachine(ReplicaParts parts, Applier applier, Stamp stamp) {
    this.dir = parts.dataDir();
    this.applier = applier;
    this.stamp = stamp;
    this.clock = parts.clock();
    this.state = parts.state();
    this.proposals = parts.proposer();
    this.listeners = parts.listeners();
    this.failure = parts.failure();
    this.metrics = parts.metrics();
    this.recorder = parts.recorder();
    this.checks = parts.checks();
    this.membership = new OwnMembership(parts.self(), parts.failure());
  }

  @Override
  public void initialize(RaftServer server, RaftGroupId group, RaftStorage storage)
      throws IOException {
    super.initialize(server, group, storage);
    getLifeCycle()
        .startAndTransition(
            () -> {
              dir.begin(); // Ratis has made its directory, and votes later
              snapshots.init(storage);
              load();
              snapshotAtStart();
            },
            IOException.class);
  }

  @Override
  public TransactionContext startTransaction(RaftClientRequest request) throws IOException {
    if (!proposals.isOwn(request.getClientId())) {
      // Ratis' port takes requests of any Ratis client; only the edge checks who may ask for what
      TransactionContext refused = super.startTransaction(request);
      refused.setException(new IOException("requests come through the Device Manager's API only"));
      return refused;
    }
    Entry entry =
        stamp.on(Entry.parseFrom(request.getMessage().getContent().asReadOnlyByteBuffer()));
    return TransactionContext.newBuilder()
        .setStateMachine(this)
        .setClientRequest(request)
        .setLogData(UnsafeByteOperations.unsafeWrap(entry.toByteArray()))
        .setStateMachineContext(entry)
        .build();
  }

  @Override
  public TransactionContext preAppendTransaction(TransactionContext transaction) {
    @Nullable RaftClientRequest request = transaction.getClientRequest();
    if (request != null) {
      proposals.appended(request.getCallId());
    }
    return transaction;
  }

  @Override
  public CompletableFuture<Message> applyTransaction(TransactionContext transaction) {
    LogEntryProto logged = transaction.getLogEntry();
    TermIndex at = TermIndex.valueOf(logged);
    synchronized (storeLock) {
      // Below the applied index: the database had it already when Ratis began to replay. No store:
      // a snapshot that holds this entry is about to be loaded.
      if (store != null && at.getIndex() > state.appliedIndex()) {
        metrics.apply.record(() -> apply(transaction, logged, at, store));
      }
    }
    return CompletableFuture.completedFuture(Message.EMPTY);
  }

  private void apply(
      TransactionContext transaction, LogEntryProto logged, TermIndex at, Store store) {
    try {
      Entry entry =
          transaction.getStateMachineContext() instanceof Entry known
              ? known
              : Entry.parseFrom(
                  logged.getStateMachineLogEntry().getLogData().asReadOnlyByteBuffer());
      Applied applied = state.apply(applier, entry, at.getIndex());
      clock.applied(entry.getAt());
      store.write(applied.events(), at);
      int bytes = logged.getStateMachineLogEntry().getLogData().size();
      state.afterApply(now -> recorder.applied(at.getIndex(), entry, bytes, now));
      updateLastAppliedTermIndex(at);
      checks.applied(at.getIndex(), state.level(), () -> state.digest().value());
      if (entry.hasCheck()) {
        checks.carried(entry.getCheck());
      }
      metrics.entries.increment();
      metrics.events.increment(applied.events().size());
      @Nullable RaftClientRequest request = transaction.getClientRequest();
      if (request != null) {
        proposals.applied(request.getCallId(), applied.replies());
      }
      listeners.applied(at.getIndex(), applied);
    } catch (IOException | RuntimeException e) {
      applyNoMore("entry %d cannot be applied: %s".formatted(at.getIndex(), e), e);
    }
  }

  /** Nothing is applied after a gap. Not thrown: Ratis 3.3, when closing, spins on it for ever. */
  private void applyNoMore(String reason, Exception cause) {
    failure.report(reason, cause);
    try {
      synchronized (storeLock) {
        broken = true;
        closeStore();
      }
    } catch (IOException e) {
      log.warn("After a failure: {}", e.getMessage(), e);
    }
    ServerCloser.start(getServer().join());
  }

  /** Ratis' own entries: they change no entity, yet count as applied. */
  @Override
  public void notifyTermIndexUpdated(long term, long index) {
    synchronized (storeLock) {
      if (store == null || index <= state.appliedIndex()) {
        return;
      }
      TermIndex at = TermIndex.valueOf(term, index);
      try {
        store.write(List.of(), at);
      } catch (IOException e) {
        applyNoMore(String.valueOf(e.getMessage()), e);
        return;
      }
      state.advance(index);
      state.afterApply(now -> recorder.applied(index, null, 0, now));
      updateLastAppliedTermIndex(at);
      checks.applied(index, state.level(), () -> state.digest().value());
    }
  }

  @Override
  public long takeSnapshot() throws IOException {
    TermIndex at = getLastAppliedTermIndex();
    synchronized (storeLock) {
      @Nullable SnapshotInfo latest = snapshots.getLatestSnapshot();
      if (store == null || (latest != null && latest.getIndex() >= at.getIndex())) {
        return latest == null ? -1 : latest.getIndex();
      }
      long start = System.nanoTime();
      snapshots.create(at, checkpoint(store));
      metrics.snapshot.record(Duration.ofNanos(System.nanoTime() - start));
    }
    return at.getIndex();
  }

  private Snapshots.Source checkpoint(Store store) {
    return target -> {
      store.writeDigest(state.digest().hex());
      try {
        store.checkpoint(target);
      } catch (DamagedStoreException e) {
        // to Ratis it would be a snapshot that failed, to be tried again after each entry
        applyNoMore(String.valueOf(e.getMessage()), e);
        throw e;
      }
    };
  }

  /**
   * Makes a durable copy of the database in a new directory on the same file system.
   *
   * @return what it holds
   */
  CopiedState copy(Path target) throws IOException {
    synchronized (storeLock) {
      if (store == null) {
        throw new IOException("the state is being replaced by a snapshot; retry in a moment");
      }
      checkpoint(store).checkpoint(target);
      TermIndex at = store.applied();
      Meta[] meta = new Meta[1];
      state.afterApply(now -> meta[0] = now.meta());
      return new CopiedState(at.getTerm(), at.getIndex(), state.digest().hex(), meta[0]);
    }
  }

  @Override
  public StateMachineStorage getStateMachineStorage() {
    return snapshots;
  }

  @Override
  public CompletableFuture<Message> query(Message request) {
    // the answer is that leadership was confirmed; the state is then read in process
    return CompletableFuture.completedFuture(Message.EMPTY);
  }

  /** What other replicas ask this one about itself. */
  @Override
  public CompletableFuture<Message> queryStale(Message request, long minIndex) {
    try {
      ReplicaQuestion question =
          ReplicaQuestion.parseFrom(request.getContent().asReadOnlyByteBuffer());
      return CompletableFuture.completedFuture(
          Message.valueOf(UnsafeByteOperations.unsafeWrap(answers.apply(question).toByteArray())));
    } catch (IOException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  void answerWith(Function<ReplicaQuestion, ReplicaAnswer> answerer) {
    answers = answerer;
  }

  /** The members changed; also told for each change of the past that is caught up with. */
  @Override
  public void notifyConfigurationChanged(long term, long index, RaftConfigurationProto members) {
    membership.changed(index, members);
  }

  /** A received snapshot is about to take the place of the state. */
  @Override
  public void pause() {
    getLifeCycle().transition(LifeCycle.State.PAUSING);
    try {
      closeStore();
    } catch (IOException e) {
      // what it could not write is in the snapshot
      log.warn("Before a snapshot is loaded: {}", e.getMessage(), e);
    }
    getLifeCycle().transition(LifeCycle.State.PAUSED);
  }

  @Override
  public void reinitialize() throws IOException {
    try {
      snapshots.rescan();
      load();
    } catch (IOException | RuntimeException e) {
      failure.report("the received snapshot cannot be loaded: " + e, e);
      throw e;
    }
    getLifeCycle().transition(LifeCycle.State.STARTING);
    getLifeCycle().transition(LifeCycle.State.RUNNING);
    metrics.installed.increment();
    log.info("Loaded a snapshot of the leader, at index {}", state.appliedIndex());
    listeners.stateReplaced(state.appliedIndex());
  }

  @Override
  public void close() throws IOException {
    failure.report(STOPPED, null);
    listeners.leadershipChanged(false);
    closeStore();
  }

  @Override
  public void notifyLeaderChanged(RaftGroupMemberId member, RaftPeerId leader) {
    metrics.elections.increment();
  }

  @Override
  public void notifyLeaderReady() {
    listeners.leadershipChanged(true);
  }

  @Override
  public void notifyNotLeader(Collection<TransactionContext> pending) {
    listeners.leadershipChanged(false);
  }

  @Override
  public void notifyLogFailed(Throwable cause, @Nullable LogEntryProto entry) {
    failure.report("the Raft log cannot be written or read: " + cause, cause);
  }

  @Override
  public void notifyServerShutdown(RoleInfoProto role, boolean all) {
    failure.report(STOPPED, null);
  }

  /** Takes up the state that the database and the snapshots hold. */
  private void load() throws IOException {
    synchronized (storeLock) {
      OpenedStore opened;
      try {
        opened =
            OpenedStore.open(
                dir.db(), Optional.ofNullable(snapshots.getLatestSnapshot()), applier.levels());
      } catch (UnknownLevelException e) {
        failure.reportOutdated(String.valueOf(e.getMessage()));
        throw e;
      }
      clock.loaded(opened.state().now().toEpochMilli());
      state.replace(opened.state(), opened.digest(), opened.at().getIndex());
      checks.replaced();
      setLastAppliedTermIndex(opened.at());
      recorder.loaded(opened.at().getIndex());
      store = opened.store();
    }
  }

  /**
   * Ratis replays from the last snapshot. One at the database's own index spares it the entries
   * that the database holds, and is quick: the files are links.
   */
  private void snapshotAtStart() throws IOException {
    if (getLastAppliedTermIndex().getIndex() >= 0) {
      takeSnapshot();
      snapshots.keepNewest(RaftSettings.SNAPSHOTS_KEPT);
    }
  }

  private void closeStore() throws IOException {
    synchronized (storeLock) {
      @Nullable Store open = store;
      store = null;
      if (open != null) {
        try {
          if (!broken && !failure.isReported()) {
            open.writeDigest(state.digest().hex());
          }
        } finally {
          open.close();
        }
      }
    }
  }
}

package io.pilothouse.dm.raft;

import static java.util.Objects.requireNonNull;

import io.micrometer.core.instrument.MeterRegistry;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.log.v1.ReplicaVitals;
import io.pilothouse.api.log.v1.Reply;
import io.pilothouse.api.log.v1.Request;
import io.pilothouse.dm.record.RecordPages;
import io.pilothouse.dm.record.RecordStatus;
import io.pilothouse.dm.state.Apply;
import io.pilothouse.dm.state.FeatureLevel;
import io.pilothouse.dm.state.Levels;
import io.pilothouse.dm.state.State;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One replica of the Device Manager's state. Requests are put into the leader's log; every replica
 * applies the log in order, and can be read.
 *
 * <p>Futures complete on threads of the replica: dependents must not block; hand long work to an
 * executor of your own.
 */
public final class Replica implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(Replica.class);
  private static final CompletableFuture<Void> DONE = CompletableFuture.completedFuture(null);

  private final String id;
  private final ReplicaParts parts;
  private final RaftNode node;
  private final Leadership leadership;
  private final Membership membership;
  private final PeerQuestions questions;
  private final LeaderWatch watch;
  private final PeerVitals vitals;
  private final Confirmation confirmation;
  private final Backups backups;
  private final RaftWatch seen;
  private final Levels levels;

  private Replica(
      ReplicaConfig config,
      ReplicaParts parts,
      FleetStateMachine machine,
      RaftNode node,
      Levels levels) {
    this.id = config.id();
    this.parts = parts;
    this.node = node;
    this.levels = levels;
    Members members = new Members(config, node.division()::getRaftConf);
    leadership = new Leadership(id, members, node.division());
    membership = new Membership(id, node, members, leadership);
    questions = new PeerQuestions(node.group(), node.tls());
    watch = new LeaderWatch(parts, leadership, members, node, questions);
    vitals = new PeerVitals(parts, members, node, questions, levels, watch);
    confirmation = new Confirmation(id, leadership::isLeader, node::term, members, questions);
    machine.answerWith(vitals::answer);
    backups = new Backups(config, parts.dataDir(), machine);
    seen = new RaftWatch(parts, node, RaftCheck.group(parts.dataDir(), config.cluster()));
  }

  /**
   * Starts a replica and returns at once: an election follows, and what other replicas did
   * meanwhile arrives. {@link #addListener} tells when this one leads.
   *
   * @throws ReplicaStartException with what is wrong and what to do
   */
  public static Replica start(ReplicaConfig config, MeterRegistry metrics)
      throws ReplicaStartException {
    Apply apply = new Apply();
    return start(
        config, metrics, apply::apply, Tuning.PRODUCTION.electing(config.electionTimeout()));
  }

  static Replica start(ReplicaConfig config, MeterRegistry metrics, Applier applier, Tuning tuning)
      throws ReplicaStartException {
    DataDir dataDir = DataDir.open(config);
    CompletableFuture<Replica> started = new CompletableFuture<>();
    ReplicaParts parts = ReplicaParts.of(config, dataDir, metrics, tuning, started);
    try {
      dataDir.loadNativeLibrary();
      RaftCheck.require(dataDir.root(), RaftCheck.group(dataDir, config.cluster()));
      FleetStateMachine machine = parts.machine(applier);
      RaftNode node = RaftNode.start(config, dataDir, tuning, machine);
      Replica replica = new Replica(config, parts, machine, node, applier.levels());
      started.complete(replica);
      replica.vitals.listen(replica::isLeader);
      replica.seen.start();
      replica.watch.start();
      parts
          .metrics()
          .gauge("dm.raft.leader", "1 while this replica leads", () -> replica.isLeader() ? 1 : 0);
      parts
          .metrics()
          .gauge(
              "dm.raft.leader.watched",
              "1 while the end of the leader's process would be noticed at once",
              () -> replica.watch.isWatching() ? 1 : 0);
      parts
          .metrics()
          .gauge(
              "dm.raft.applied.index",
              "Log index of the last applied entry",
              replica::appliedIndex);
      parts
          .metrics()
          .gauge(
              "dm.record.bytes",
              "Bytes of the recorded log in the data directory",
              () -> replica.recordStatus().bytes());
      parts
          .metrics()
          .gauge(
              "dm.record.stopped",
              "1 while nothing is recorded because the disk refuses or cannot follow",
              () -> replica.recordStatus().isRecording() ? 0 : 1);
      parts
          .metrics()
          .gauge(
              "dm.record.gaps",
              "Times that entries were left out of the record since the start of the process",
              () -> replica.recordStatus().gaps());
      return replica;
    } catch (ReplicaStartException e) {
      parts.close();
      throw e;
    } catch (IOException | RuntimeException e) {
      String reason =
          UnknownLevelException.in(e)
              .map(each -> String.valueOf(each.getMessage()))
              .orElseGet(() -> parts.failure().reason().getNow(rootCause(e).toString()));
      parts.close();
      throw new ReplicaStartException(
          "replica %s cannot start from %s: %s".formatted(config.id(), config.dataDir(), reason),
          e);
    }
  }

  /**
   * Has a request decided. Many may be outstanding: those that arrive while an entry is on its way
   * share the next one, in the order of arrival.
   *
   * @return its reply, refusals included; or fails with a {@link SubmitException} that says whether
   *     it can have been done
   */
  public CompletableFuture<Reply> submit(Request request) {
    requireNonNull(request, "request");
    if (!isLeader()) {
      return CompletableFuture.failedFuture(leadership.notLeader());
    }
    return objection(request.getCommand())
        .map(each -> Reply.newBuilder().setRefusal(each).build())
        .map(CompletableFuture::completedFuture)
        .orElseGet(() -> parts.proposer().submit(request));
  }

  /**
   * Why a command must not come into the log: it would end replicas that do not know it. For the
   * one that raises the level, which comes once a release, this waits for the others' answers.
   */
  private Optional<Refusal> objection(Command command) {
    // a leader that is ready has applied all there is: what is new here begins with this command
    int inForce = parts.state().isNew() ? levels.max() : parts.state().level();
    int wanted = command.getSetFeatureLevel().getLevel();
    return command.hasSetFeatureLevel() && wanted > inForce
        ? commonLevel().objection(wanted)
        : FeatureLevel.objection(inForce, command);
  }

  /** Requests that wait for the next entry. */
  public int waiting() {
    return parts.proposer().waiting();
  }

  /**
   * Looks at the applied state; no entry is applied meanwhile, so be quick, and let nothing of the
   * state out but its entities, which never change.
   *
   * @throws IllegalStateException when this replica is about to stop because an entry failed
   */
  public <T> T read(Function<State, T> reader) {
    return parts.state().read(reader);
  }

  /**
   * Completes when a {@link #read} sees all that was acknowledged, by any replica, before this
   * call. Leader only. Cheap while a majority answers; otherwise it takes an entry in the log.
   *
   * @return fails with a {@link SubmitException}
   */
  public CompletableFuture<Void> linearize() {
    if (!isLeader()) {
      return CompletableFuture.failedFuture(leadership.notLeader());
    }
    return confirmation.confirm().thenCompose(done -> done ? DONE : confirmByEntry());
  }

  /** Whether this replica leads and its state holds all that earlier leaders acknowledged. */
  public boolean isLeader() {
    return leadership.isLeader();
  }

  /** Who leads, as far as this replica knows; itself included. */
  public Optional<Peer> leader() {
    return leadership.leader();
  }

  /** The log index up to which {@link #read} sees the log; -1 when nothing was applied ever. */
  public long appliedIndex() {
    return parts.state().appliedIndex();
  }

  /** What entries are stamped with. */
  public LogClock logClock() {
    return parts.clock();
  }

  /** All replicas by id; on the leader with what it knows of the others. */
  public List<PeerStatus> peers() {
    return leadership.peers();
  }

  /** Who the replicas are, and how to change that. */
  public Membership membership() {
    return membership;
  }

  /** Up to which index those have the log that are being brought up to date, to be members. */
  public Map<String, Long> joining() {
    return leadership.joining();
  }

  /** How the replicas are, as heard a few seconds ago; on the leader only. */
  public Map<String, ReplicaVitals> latestVitals() {
    return vitals.lately();
  }

  /** How this replica is. */
  public ReplicaVitals ownVitals() {
    return vitals.own();
  }

  /** Copies of this replica's state. */
  public Backups backups() {
    return backups;
  }

  /** Has another replica lead, if this one does, before it is closed. */
  public void handOver(Duration patience) {
    membership.handOver(patience);
  }

  /** Whether {@link #failure} is that the state here is not the others'. */
  public boolean isDivergent() {
    return parts.failure().isDiverged();
  }

  /** Whether {@link #failure} is that rules are in force which this build does not have. */
  public boolean isOutdated() {
    return parts.failure().isOutdated();
  }

  /** Which feature levels all replicas apply; asks them. */
  public CommonLevel commonLevel() {
    return CommonLevel.of(membership.members().stream().map(Member::peer).toList(), vitals.ofAll());
  }

  /** A listener that comes while this replica leads is told so at once, on the caller's thread. */
  public void addListener(CommitListener listener) {
    parts.listeners().add(requireNonNull(listener, "listener"));
  }

  /**
   * Completes with the reason when this replica cannot go on: an entry of a newer version, a disk
   * that fails, a suspension of over a minute. The process should then say it and exit non-zero; a
   * new start continues from the disk.
   */
  public CompletableFuture<String> failure() {
    return parts.failure().reason();
  }

  /**
   * A SHA-256 over all entities: replicas at the same {@link #appliedIndex} must agree. Reads the
   * whole state.
   */
  public String stateDigest() {
    return read(StateDigest::of);
  }

  /** How recording of the applied log goes here. */
  public RecordStatus recordStatus() {
    return parts.recorder().status();
  }

  /** What is recorded here of the applied log. */
  public RecordPages record() {
    return new RecordPages(parts.dataDir().record());
  }

  /** Takes a snapshot now. */
  long snapshot() throws IOException {
    return node.snapshot();
  }

  /** Stops, with all that was applied flushed. Requests that wait fail. */
  @Override
  public void close() {
    parts.failure().expectClose();
    questions.close();
    try {
      node.close();
      seen.close();
    } catch (IOException e) {
      log.warn("Replica {} did not close cleanly: {}", id, e.getMessage(), e);
    }
    parts.close();
  }

  NotLeaderException notLeader() {
    return leadership.notLeader();
  }

  RaftNode node() {
    return node;
  }

  /** Only a leader gets an entry committed. */
  private CompletableFuture<Void> confirmByEntry() {
    return isLeader()
        ? parts.proposer().barrier()
        : CompletableFuture.failedFuture(leadership.notLeader());
  }

  private static Throwable rootCause(Throwable e) {
    Throwable cause = e;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }
}

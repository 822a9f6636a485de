package io.pilothouse.dm.server;

import io.pilothouse.api.log.v1.ReplicaVitals;
import io.pilothouse.api.log.v1.Reply;
import io.pilothouse.api.log.v1.Request;
import io.pilothouse.dm.raft.CommitListener;
import io.pilothouse.dm.raft.LogClock;
import io.pilothouse.dm.raft.Peer;
import io.pilothouse.dm.raft.PeerStatus;
import io.pilothouse.dm.record.RecordPages;
import io.pilothouse.dm.record.RecordStatus;
import io.pilothouse.dm.state.State;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * What the edge needs of the replicated state: the port that {@link io.pilothouse.dm.raft.Replica}
 * fills in production and an in-memory one in tests.
 */
interface Ledger {

  /** Has a request decided; fails with a {@link io.pilothouse.dm.raft.SubmitException}. */
  CompletableFuture<Reply> submit(Request request);

  /** Requests that wait for the next entry of the log. */
  int waiting();

  /** Looks at the applied state; the reader must be quick and let out only entities. */
  <T> T read(Function<State, T> reader);

  /** Completes when a read sees all that was acknowledged before; leader only. */
  CompletableFuture<Void> linearize();

  boolean isLeader();

  Optional<Peer> leader();

  /** Index up to which a read sees the log. */
  long appliedIndex();

  /** What entries are stamped with. */
  LogClock logClock();

  List<PeerStatus> peers();

  /** How the replicas are, as far as the leader heard lately. */
  Map<String, ReplicaVitals> vitals();

  /** How this replica is. */
  ReplicaVitals ownVitals();

  /** What this replica recorded of the applied log. */
  RecordPages record();

  /** How recording goes here. */
  RecordStatus recordStatus();

  void addListener(CommitListener listener);
}

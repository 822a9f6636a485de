package io.pilothouse.dm.server;

import io.pilothouse.api.log.v1.ReplicaVitals;
import io.pilothouse.api.log.v1.Reply;
import io.pilothouse.api.log.v1.Request;
import io.pilothouse.dm.raft.CommitListener;
import io.pilothouse.dm.raft.LogClock;
import io.pilothouse.dm.raft.Peer;
import io.pilothouse.dm.raft.PeerStatus;
import io.pilothouse.dm.raft.Replica;
import io.pilothouse.dm.record.RecordPages;
import io.pilothouse.dm.record.RecordStatus;
import io.pilothouse.dm.state.State;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/** The replicated one. */
record ReplicaLedger(Replica replica) implements Ledger {

  @Override
  public CompletableFuture<Reply> submit(Request request) {
    return replica.submit(request);
  }

  @Override
  public int waiting() {
    return replica.waiting();
  }

  @Override
  public <T> T read(Function<State, T> reader) {
    return replica.read(reader);
  }

  @Override
  public CompletableFuture<Void> linearize() {
    return replica.linearize();
  }

  @Override
  public boolean isLeader() {
    return replica.isLeader();
  }

  @Override
  public Optional<Peer> leader() {
    return replica.leader();
  }

  @Override
  public long appliedIndex() {
    return replica.appliedIndex();
  }

  @Override
  public LogClock logClock() {
    return replica.logClock();
  }

  @Override
  public List<PeerStatus> peers() {
    return replica.peers();
  }

  @Override
  public Map<String, ReplicaVitals> vitals() {
    return replica.latestVitals();
  }

  @Override
  public ReplicaVitals ownVitals() {
    return replica.ownVitals();
  }

  @Override
  public RecordPages record() {
    return replica.record();
  }

  @Override
  public RecordStatus recordStatus() {
    return replica.recordStatus();
  }

  @Override
  public void addListener(CommitListener listener) {
    replica.addListener(listener);
  }
}

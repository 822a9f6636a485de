package io.pilothouse.dm.raft;

import io.micrometer.core.instrument.MeterRegistry;
import io.pilothouse.api.log.v1.Reply;
import io.pilothouse.api.log.v1.Request;
import io.pilothouse.dm.state.State;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/** One replica of the Device Manager's state. */
public final class Replica implements AutoCloseable {

  private Replica() {}

  /** Starts it. */
  public static Replica start(ReplicaConfig config, MeterRegistry metrics)
      throws ReplicaStartException {
    throw new ReplicaStartException("not started: " + config + metrics);
  }

  public CompletableFuture<Reply> submit(Request request) {
    return CompletableFuture.failedFuture(new OverloadedException(request.getRequestId()));
  }

  public <T> T read(Function<State, T> reader) {
    return reader.apply(new State());
  }

  public CompletableFuture<Void> linearize() {
    return CompletableFuture.failedFuture(NotLeaderException.of("", null));
  }

  public boolean isLeader() {
    return false;
  }

  public Optional<Peer> leader() {
    return Optional.empty();
  }

  public long appliedIndex() {
    return 0;
  }

  public List<PeerStatus> peers() {
    return List.of();
  }

  public void addListener(CommitListener listener) {}

  public CompletableFuture<String> failure() {
    return new CompletableFuture<>();
  }

  @Override
  public void close() {}
}

package io.pilothouse.dm.raft;

import io.micrometer.core.instrument.MeterRegistry;
import io.pilothouse.dm.record.Recorder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;

/** What a replica is made of besides its Ratis server, which needs these to start. */
record ReplicaParts(
    String self,
    DataDir dataDir,
    Failure failure,
    FleetState state,
    LogClock clock,
    Listeners listeners,
    ReplicaMetrics metrics,
    Proposer proposer,
    Recorder recorder,
    StateChecks checks)
    implements AutoCloseable {

  /**
   * Makes them.
   *
   * @param started completed before anybody can submit
   */
  static ReplicaParts of(
      ReplicaConfig config,
      DataDir dataDir,
      MeterRegistry registry,
      Tuning tuning,
      CompletableFuture<Replica> started) {
    Failure failure = new Failure(config.id());
    ReplicaMetrics metrics = new ReplicaMetrics(registry);
    Proposer proposer =
        new Proposer(
            (client, callId, entry) -> started.join().node().append(client, callId, entry),
            () -> started.join().notLeader(),
            metrics);
    return new ReplicaParts(
        config.id(),
        dataDir,
        failure,
        new FleetState(failure),
        new LogClock(InstantSource.system(), System::nanoTime),
        new Listeners(),
        metrics,
        proposer,
        Recorder.open(dataDir.record(), config.record()),
        new StateChecks(tuning.checkEvery()));
  }

  FleetStateMachine machine(Applier applier) {
    Stamp stamp = new Stamp(clock, checks, () -> state.isNew() ? applier.levels().max() : 0);
    return new FleetStateMachine(this, applier, stamp);
  }

  @Override
  public void close() {
    failure.expectClose();
    proposer.close();
    recorder.close();
    try {
      dataDir.close();
    } catch (IOException e) {
      throw new UncheckedIOException("the lock of the data directory cannot be released", e);
    }
  }
}

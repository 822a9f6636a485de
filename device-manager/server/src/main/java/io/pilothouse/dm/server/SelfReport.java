package io.pilothouse.dm.server;

import io.pilothouse.dm.raft.Peer;
import io.pilothouse.dm.record.RecordStatus;
import io.pilothouse.tls.TlsDirectory;
import java.time.Duration;
import java.util.Optional;

/** What this replica says of itself: ready when it leads or knows who does. */
final class SelfReport {

  private final String id;
  private final Optional<TlsDirectory> tls;
  private final Ledger ledger;
  private final Waiters waiters;
  private final Clocks clocks;
  private final long started;

  SelfReport(String id, Optional<TlsDirectory> tls, Ledger ledger, Waiters waiters, Clocks clocks) {
    this.id = id;
    this.tls = tls;
    this.ledger = ledger;
    this.waiters = waiters;
    this.clocks = clocks;
    this.started = clocks.nanos().getAsLong();
  }

  boolean isReady() {
    return ledger.leader().isPresent();
  }

  byte[] health() {
    JsonLine health = new JsonLine().add("healthy", isReady());
    return isReady()
        ? health.bytes()
        : health
            .add("problem", "no leader is known: is a majority of the replicas up and connected?")
            .bytes();
  }

  byte[] status() {
    RecordStatus record = ledger.recordStatus();
    Duration up = Duration.ofNanos(clocks.nanos().getAsLong() - started);
    return new JsonLine()
        .add("id", id)
        .add("role", ledger.isLeader() ? "leader" : "follower")
        .add("leader", ledger.leader().map(Peer::id).orElse(""))
        .add("applied", ledger.appliedIndex())
        .add("waiting_calls", waiters.count())
        .add("record_bytes", record.bytes())
        .add("record_stopped", record.stopped())
        .add("up_seconds", up.toSeconds())
        .add("tls_principal", tls.map(each -> each.name().principal()).orElse(""))
        .add("tls_not_after", tls.map(each -> each.notAfter().toString()).orElse(""))
        .bytes();
  }
}

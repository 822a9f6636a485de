package io.pilothouse.dm.server;

import io.pilothouse.api.log.v1.ReplicaVitals;
import io.pilothouse.api.v1.HealthCode;
import io.pilothouse.api.v1.ReplicaStatus;
import io.pilothouse.api.v1.StatusReply;
import io.pilothouse.dm.raft.Peer;
import io.pilothouse.dm.raft.PeerStatus;
import io.pilothouse.dm.record.RecordStatus;
import io.pilothouse.dm.state.FeatureLevel;
import io.pilothouse.dm.state.StatusView;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * The status screen: what the state says of the fleet, and what the leader says of the replicas.
 */
final class StatusReads {

  private static final String SEE = "docs/operations/health-codes.md#";

  private final Ledger ledger;
  private final Writes writes;
  private final Pulls pulls;
  private final Term term;
  private final Sheds sheds;
  private final ExpiringCertificates certificates;
  private final Clocks clocks;

  StatusReads(
      Ledger ledger,
      Writes writes,
      Pulls pulls,
      Term term,
      Sheds sheds,
      ExpiringCertificates certificates,
      Clocks clocks) {
    this.ledger = ledger;
    this.writes = writes;
    this.pulls = pulls;
    this.term = term;
    this.sheds = sheds;
    this.certificates = certificates;
    this.clocks = clocks;
  }

  StatusReply status() {
    writes.linearize();
    List<PeerStatus> peers = ledger.peers();
    Instant now = clocks.now();
    Pulls.Answer<StatusReply.Builder> answer =
        pulls.read(state -> StatusView.of(state, Clocks.later(now, state.now())));
    StatusReply.Builder status = answer.message().setRevision(answer.revision());
    int down = 0;
    for (PeerStatus peer : peers) {
      status.addReplicas(replica(peer, answer.revision()));
      if (!peer.isUp()) {
        down++;
        status.addCodes(replicaDown(peer, now));
      }
    }
    term.lastHeard()
        .floods()
        .present(clocks.nanos().getAsLong())
        .forEach((watchdog, flood) -> status.addCodes(flood(watchdog, flood)));
    shedding(status);
    Duration skew = ledger.logClock().skew();
    if (ClockSkew.isLarge(skew)) {
      status.addCodes(clockSkew(skew));
    }
    boolean quorum = peers.size() - down > peers.size() / 2;
    if (!quorum) {
      status.addCodes(noQuorum(peers.size(), down));
    }
    Map<String, ReplicaVitals> vitals = ledger.vitals();
    ReplicaHealth.codes(vitals).forEach(status::addCodes);
    certificates.code(vitals).ifPresent(status::addCodes);
    BuildHealth.codes(peers, vitals, ledger.read(FeatureLevel::of)).forEach(status::addCodes);
    RecordStatus record = ledger.recordStatus();
    if (!record.isRecording()) {
      status.addCodes(recordStopped(record, ledger.leader().map(Peer::id).orElse("")));
    }
    return status
        .setLeader(ledger.leader().map(Peer::id).orElse(""))
        .setQuorum(quorum)
        .setHealth(health(status))
        .build();
  }

  private static ReplicaStatus replica(PeerStatus peer, long applied) {
    return ReplicaStatus.newBuilder()
        .setId(peer.peer().id())
        .setGrpcAddress(peer.peer().grpc().toString())
        .setHttpAddress(peer.peer().http().toString())
        .setUp(peer.isUp())
        .setLeader(peer.leader())
        .setApplied(peer.self() ? applied : Math.max(0, peer.matchIndex().orElse(0)))
        .build();
  }

  private static HealthCode replicaDown(PeerStatus peer, Instant now) {
    String id = peer.peer().id();
    return code("DM_REPLICA_DOWN", "WARN", 1)
        .setScope("dm/" + id)
        .setSince(peer.lastContact().map(silence -> now.minus(silence).toEpochMilli()).orElse(0L))
        .setAction("start " + id + " again; its log says why it ended")
        .setText("replica " + id + " does not answer the leader")
        .build();
  }

  private HealthCode flood(String watchdog, Floods.Flood flood) {
    return code("WATCHDOG_FLOOD", "WARN", flood.shed())
        .setScope("watchdog/" + watchdog)
        .setSince(clocks.wallTimeOf(flood.at()).toEpochMilli())
        .setAction("pilot watchdog show " + watchdog)
        .setText(
            "%s reports for watchdog %s more often than its quota allows: %d refused"
                .formatted(flood.reporter(), watchdog, flood.shed()))
        .build();
  }

  private void shedding(StatusReply.Builder status) {
    long nanoTime = clocks.nanos().getAsLong();
    String leader = ledger.leader().map(Peer::id).orElse("");
    sheds
        .ofLoad(nanoTime)
        .forEach((callClass, spell) -> status.addCodes(busy(leader, callClass, spell)));
    sheds
        .ofCallers(nanoTime)
        .forEach((caller, spell) -> status.addCodes(callerFlood(caller, spell)));
  }

  private HealthCode busy(String leader, CallClass callClass, Sheds.Spell spell) {
    return code("DM_BUSY", "WARN", spell.count())
        .setScope("dm/" + leader)
        .setSince(clocks.wallTimeOf(spell.at()).toEpochMilli())
        .setAction("look at dm_calls_seconds_count by method in the metrics of " + leader)
        .setText(
            "the leader has more to do than it can: %d calls of class %s were told to come later"
                .formatted(spell.count(), callClass.label()))
        .build();
  }

  private HealthCode callerFlood(String caller, Sheds.Spell spell) {
    return code("CALLER_FLOOD", "WARN", spell.count())
        .setScope(caller)
        .setSince(clocks.wallTimeOf(spell.at()).toEpochMilli())
        .setAction("look at what %s does; others are served all the while".formatted(caller))
        .setText(
            "%s calls more than one caller may: %d calls were told to come later"
                .formatted(caller, spell.count()))
        .build();
  }

  private HealthCode clockSkew(Duration skew) {
    return code("CLOCK_SKEW", "WARN", 1)
        .setScope("dm/" + ledger.leader().map(Peer::id).orElse(""))
        .setAction("set the clock of the leader's host; chronyc tracking")
        .setText(
            "the leader's wall clock is %d s %s the time that its log goes by"
                .formatted(skew.abs().toSeconds(), skew.isNegative() ? "behind" : "ahead of"))
        .build();
  }

  private static HealthCode recordStopped(RecordStatus record, String id) {
    return code("RECORD_STOPPED", "WARN", 1)
        .setScope("dm/" + id)
        .setSince(record.since())
        .setAction("make room on the disk of " + id + "'s data directory, or look at what it says")
        .setText("the log is not recorded for backtests: " + record.stopped())
        .build();
  }

  private static HealthCode noQuorum(int replicas, int down) {
    return code("DM_NO_QUORUM", "ERR", down)
        .setScope("dm")
        .setAction("start the replicas that are down: nothing is decided without a majority")
        .setText("%d of %d replicas do not answer".formatted(down, replicas))
        .build();
  }

  static HealthCode.Builder code(String code, String severity, long count) {
    return HealthCode.newBuilder()
        .setCode(code)
        .setSeverity(severity)
        .setCount(Math.clamp(count, 0, Integer.MAX_VALUE))
        .setSee(SEE + code.toLowerCase(java.util.Locale.ROOT));
  }

  private static String health(StatusReply.Builder status) {
    List<String> severities =
        status.getCodesList().stream().map(HealthCode::getSeverity).distinct().toList();
    if (severities.contains("ERR")) {
      return "HEALTH_ERR";
    }
    return severities.isEmpty() ? "HEALTH_OK" : "HEALTH_WARN";
  }
}

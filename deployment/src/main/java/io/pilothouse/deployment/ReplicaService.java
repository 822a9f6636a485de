package io.pilothouse.deployment;

import io.micrometer.core.instrument.MeterRegistry;
import io.pilothouse.api.v1.DeploymentReplica;
import io.pilothouse.api.v1.Manifest;
import io.pilothouse.api.v1.PullManifestsReply;
import io.pilothouse.api.v1.PullManifestsRequest;
import io.pilothouse.api.v1.ReportReplicaRequest;
import io.pilothouse.api.v1.SatelliteGrpc;
import io.pilothouse.client.DmClient;
import io.pilothouse.filesync.Throttle;
import io.pilothouse.filesync.client.Replicator;
import io.pilothouse.filesync.server.ContentStore;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What one replica does again and again: fill itself, say what it holds, look after its disk. */
final class ReplicaService {
  private static final Logger log = LoggerFactory.getLogger(ReplicaService.class);
  private static final Duration WAIT = Duration.ofSeconds(10);
  private static final Duration CALL = Duration.ofSeconds(5);

  /** To open a chunk costs the disk as much as to read so many bytes. */
  private static final int OPENING = 16 << 10;

  private final String id;
  private final String address;
  private final DmClient client;
  private final ContentStore store;
  private final Replicator replicator;
  private final Throttle disk;
  private final Housekeeping housekeeping;
  private volatile Runnable reportNow = () -> {};
  private volatile List<String> held = List.of();
  private volatile Set<String> lacking = Set.of();
  private volatile long revision;

  /** Why a content cannot be fetched, by digest; also keeps the log to one line a reason. */
  private final Map<String, String> problems = new ConcurrentHashMap<>();

  ReplicaService(
      String id,
      String address,
      DmClient client,
      ContentStore store,
      Replicator replicator,
      Throttle disk,
      Housekeeping housekeeping,
      MeterRegistry meters) {
    this.id = id;
    this.address = address;
    this.client = client;
    this.store = store;
    this.replicator = replicator;
    this.disk = disk;
    this.housekeeping = housekeeping;
    meters.gauge("pilot.content.held", this, each -> each.held.size());
  }

  /** How to report before the next round's time. */
  void kicks(Runnable report) {
    reportNow = report;
  }

  /** Pulls the list of contents and fetches what is missing from whoever has it. */
  void fill() throws IOException, InterruptedException {
    // while something is lacking it asks again soon, without waiting for news
    long wait = lacking.isEmpty() ? WAIT.toMillis() : 500;
    PullManifestsRequest request =
        PullManifestsRequest.newBuilder().setRevision(revision).setWaitMs(wait).build();
    PullManifestsReply reply =
        client.any(
            WAIT.plus(CALL),
            WAIT.plus(CALL),
            channel -> SatelliteGrpc.newBlockingStub(channel).pullManifests(request));
    revision = Math.max(revision, reply.getRevision());
    Set<String> missing = new TreeSet<>();
    Set<String> named = digests(reply);
    housekeeping.named(named);
    problems.keySet().retainAll(named);
    List<String> before = held;
    refreshHeld();
    for (Manifest manifest : reply.getManifestsList()) {
      String digest = manifest.getRef().getDigest();
      if (!held.contains(digest) && !fetch(digest, reply)) {
        missing.add(digest);
      }
    }
    refreshHeld();
    lacking = missing;
    if (!held.equals(before)) {
      reportNow.run();
    }
  }

  private static Set<String> digests(PullManifestsReply reply) {
    return reply.getManifestsList().stream()
        .map(each -> each.getRef().getDigest())
        .collect(Collectors.toSet());
  }

  private boolean fetch(String digest, PullManifestsReply known) throws InterruptedException {
    List<DeploymentReplica> others =
        known.getReplicasList().stream()
            .filter(each -> !each.getId().equals(id) && each.getUp())
            .toList();
    List<DeploymentReplica> holders =
        others.stream().filter(each -> each.getHeldList().contains(digest)).toList();
    // replicas that have each lost another chunk hold it in full together
    List<String> sources =
        new ArrayList<>(
            (holders.isEmpty() ? others : holders)
                .stream().map(DeploymentReplica::getAddress).toList());
    // machines are named for what no replica holds any more
    known.getHoldersList().stream()
        .filter(each -> each.getDigest().equals(digest))
        .forEach(each -> sources.addAll(each.getAgentsList()));
    try {
      replicator.replicate(digest, sources, new StoreSink(store));
      log.info("holds {} now, from {}", digest, sources);
      problems.remove(digest);
      return true;
    } catch (IOException e) {
      String problem = String.valueOf(e.getMessage());
      if (!problem.equals(problems.put(digest, problem))) {
        log.warn("cannot fetch {} yet: {}", digest, problem);
      }
      return false;
    }
  }

  /** Tells the leader what is held in full. */
  void report() throws IOException {
    refreshHeld();
    ReportReplicaRequest request =
        ReportReplicaRequest.newBuilder().setId(id).setAddress(address).addAllHeld(held).build();
    client.leader(CALL, channel -> SatelliteGrpc.newBlockingStub(channel).reportReplica(request));
  }

  private void refreshHeld() throws IOException {
    store.restoreDirectories();
    held = store.held();
  }

  /** Re-reads everything, slowly; what is damaged is removed, and so fetched anew. */
  void scrub() throws IOException, InterruptedException {
    long before = store.damagedFound();
    store.lookAgain();
    for (String digest : store.indexNames()) {
      store.isSoundIndex(digest);
    }
    store.<InterruptedException>forEachChunk(
        chunk -> {
          disk.take(Math.max(OPENING, Math.toIntExact(store.chunkSize(chunk))));
          store.isSoundChunk(chunk);
        });
    long found = store.damagedFound() - before;
    if (found > 0) {
      log.warn("{} chunks or indexes were damaged on disk; fetching them again", found);
      reportNow.run();
    }
  }

  Map<String, Object> status() {
    Map<String, Object> status = new LinkedHashMap<>();
    status.put("program", "deployment");
    status.put("id", id);
    status.put("revision", revision);
    status.put("held", held);
    status.put("lacking", List.copyOf(lacking));
    status.put("problems", new TreeMap<>(problems));
    status.put("collected", housekeeping.status());
    status.put("free_bytes", store.free());
    return status;
  }
}

package io.pilothouse.dm.raft;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.pilothouse.api.log.v1.Reply;
import io.pilothouse.dm.record.RecordSettings;
import io.pilothouse.tls.TlsDirectory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Stream;

/** Replicas in this JVM, on free loopback ports, each with a directory of its own. */
final class Cluster implements AutoCloseable {

  static final Tuning USUAL = Tuning.PRODUCTION;

  /** Below the range from which the system serves outgoing connections. */
  private static final AtomicInteger NEXT_PORT =
      new AtomicInteger(20_000 + (int) (ProcessHandle.current().pid() % 5_000));

  private final Function<String, Optional<TlsDirectory>> certificates;
  private final Path root;
  private final String name;
  private final Tuning tuning;
  private final List<Peer> peers;
  private final Map<String, Origin> origins = new TreeMap<>();
  private final Map<String, Replica> running = new ConcurrentSkipListMap<>();
  private final Map<String, SimpleMeterRegistry> metrics = new TreeMap<>();

  Cluster(Path root, int size, Tuning tuning) {
    this(root, "test", size, tuning);
  }

  Cluster(Path root, String name, int size, Tuning tuning) {
    this(root, name, size, tuning, id -> Optional.empty());
  }

  /** Its replicas speak TLS by these. */
  Cluster(
      Path root,
      String name,
      int size,
      Tuning tuning,
      Function<String, Optional<TlsDirectory>> certificates) {
    this.certificates = certificates;
    this.root = root;
    this.name = name;
    this.tuning = tuning;
    this.peers = peers(size);
  }

  static Cluster started(Path root, int size, Tuning tuning) throws ReplicaStartException {
    Cluster cluster = new Cluster(root, size, tuning);
    try {
      for (Peer peer : cluster.peers) {
        cluster.start(peer.id());
      }
      return cluster;
    } catch (ReplicaStartException | RuntimeException e) {
      cluster.close();
      throw e;
    }
  }

  /** Peers that are not started, on ports that are free. */
  static List<Peer> peers(int size) {
    List<Peer> peers = new ArrayList<>();
    for (int i = 1; i <= size; i++) {
      peers.add(new Peer("dm-" + i, freePort(), freePort(), freePort()));
    }
    return peers;
  }

  ReplicaConfig config(String id) {
    Origin origin = origins.getOrDefault(id, new Origin.Seed());
    List<Peer> seed =
        origin instanceof Origin.Join
            ? peers.stream().filter(peer -> peer.id().equals(id)).toList()
            : peers.stream()
                .filter(peer -> !(origins.get(peer.id()) instanceof Origin.Join))
                .toList();
    return new ReplicaConfig(
        id,
        name,
        root.resolve(id),
        seed,
        RecordSettings.DEFAULT,
        certificates.apply(id),
        origin,
        ReplicaConfig.ELECTION_TIMEOUT);
  }

  /** All replicas begin with this. */
  void originate(Origin origin) {
    peers.forEach(peer -> origins.put(peer.id(), origin));
  }

  /** A replica that runs and is no member yet. */
  Peer join(String id) throws ReplicaStartException {
    return join(id, new LeaseLedger());
  }

  Peer join(String id, Applier applier) throws ReplicaStartException {
    Peer peer = new Peer(id, freePort(), freePort(), freePort());
    peers.add(peer);
    origins.put(id, new Origin.Join());
    start(id, applier);
    return peer;
  }

  Replica start(String id) throws ReplicaStartException {
    return start(id, new LeaseLedger());
  }

  Replica start(String id, Applier applier) throws ReplicaStartException {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    Replica replica = Replica.start(config(id), registry, applier, tuning);
    running.put(id, replica);
    metrics.put(id, registry);
    return replica;
  }

  void stop(String id) {
    Replica replica = running.remove(id);
    if (replica != null) {
      replica.close();
    }
  }

  Replica get(String id) {
    return running.get(id);
  }

  Collection<Replica> running() {
    return running.values();
  }

  SimpleMeterRegistry metrics(String id) {
    return metrics.get(id);
  }

  Path dir(String id) {
    return root.resolve(id);
  }

  /** The id of the ready leader, once there is one. */
  String leader() {
    Await.until("a leader", () -> running.values().stream().anyMatch(Replica::isLeader));
    return running.entrySet().stream()
        .filter(each -> each.getValue().isLeader())
        .map(Map.Entry::getKey)
        .findFirst()
        .orElseGet(this::leader);
  }

  String follower() {
    String leader = leader();
    return running.keySet().stream().filter(id -> !id.equals(leader)).findFirst().orElseThrow();
  }

  /** Writes through whoever leads, again when that changes, until acknowledged. */
  Reply put(String role) throws InterruptedException {
    while (true) {
      try {
        return Await.get(get(leader()).submit(LeaseLedger.put(role)));
      } catch (ExecutionException e) {
        if (!(e.getCause() instanceof SubmitException)) {
          throw new AssertionError(e);
        }
      }
    }
  }

  void awaitOnAll(long index) {
    for (Replica replica : running.values()) {
      Await.until(
          () -> "index " + index + ", at " + replica.appliedIndex(),
          () -> replica.appliedIndex() >= index);
    }
  }

  /** Waits until all are at one index, and returns their digests, hopefully one. */
  List<String> digests() {
    Await.until(
        "one index on all",
        () -> running.values().stream().map(Replica::appliedIndex).distinct().count() == 1);
    return running.values().stream().map(Replica::stateDigest).distinct().toList();
  }

  /** What is on the disk at this moment, as after {@code kill -9}. */
  static void copy(Path from, Path to) throws IOException {
    for (int attempt = 0; attempt < 20; attempt++) {
      try {
        copyOnce(from, to);
        return;
      } catch (NoSuchFileException e) {
        // a log file was renamed or purged meanwhile; a real kill has no such meanwhile
        DataFiles.deleteTree(to);
      }
    }
    throw new AssertionError(from + " does not hold still");
  }

  private static void copyOnce(Path from, Path to) throws IOException {
    List<Path> files;
    try (Stream<Path> found = Files.walk(from)) {
      files = found.toList();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    for (Path file : files) {
      Path target = to.resolve(from.relativize(file));
      if (Files.isDirectory(file)) {
        Files.createDirectories(target);
      } else {
        Files.copy(file, target);
      }
    }
  }

  @Override
  public void close() {
    // each takes Ratis about a second, most of it spent waiting
    running.values().parallelStream().forEach(Replica::close);
    running.clear();
  }

  private static HostPort freePort() {
    while (true) {
      int port = NEXT_PORT.getAndIncrement();
      try (ServerSocket probe = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        return new HostPort("127.0.0.1", probe.getLocalPort());
      } catch (IOException e) {
        // taken: the next one
        if (port > 60_000) {
          throw new AssertionError("no free port", e);
        }
      }
    }
  }
}

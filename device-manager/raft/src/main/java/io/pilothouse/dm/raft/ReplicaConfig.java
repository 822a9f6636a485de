package io.pilothouse.dm.raft;

import static java.util.Objects.requireNonNull;

import io.pilothouse.dm.record.RecordSettings;
import io.pilothouse.tls.TlsDirectory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Who this replica is and who the others are.
 *
 * @param id this replica's id, one of the peers'
 * @param cluster the cluster's name; replicas of different clusters never talk to each other
 * @param dataDir this replica's own directory, made when missing
 * @param peers the replicas that the cluster begins with, this one included; from then on the log
 *     says who they are
 * @param record how much of the applied log is kept
 * @param tls certificates of this replica; without them its ports are plain
 * @param origin what an empty directory begins with
 * @param electionTimeout without a leader's sign for this long, up to twice it, a replica stands
 */
public record ReplicaConfig(
    String id,
    String cluster,
    Path dataDir,
    List<Peer> peers,
    RecordSettings record,
    Optional<TlsDirectory> tls,
    Origin origin,
    Duration electionTimeout) {

  /** Shorter ones elect on a busy machine for no reason. */
  public static final Duration ELECTION_TIMEOUT = Duration.ofSeconds(1);

  private static final Duration SHORTEST = Duration.ofMillis(100);
  private static final Duration LONGEST = Duration.ofMinutes(1);

  private static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");
  private static final String NAME_RULE =
      "expected 1 to 63 lower-case letters, digits or dashes, with no dash at either end";

  /**
   * Checks everything at once.
   *
   * @throws IllegalArgumentException with one line for each mistake
   */
  public ReplicaConfig {
    requireNonNull(id, "id");
    requireNonNull(cluster, "cluster");
    requireNonNull(dataDir, "dataDir");
    requireNonNull(record, "record");
    peers = List.copyOf(peers);
    requireNonNull(origin, "origin");
    List<String> errors = new ArrayList<>(check(id, cluster, peers, origin instanceof Origin.Join));
    if (electionTimeout.compareTo(SHORTEST) < 0 || electionTimeout.compareTo(LONGEST) > 0) {
      errors.add(
          "election timeout of %d ms; expected %d to %d"
              .formatted(electionTimeout.toMillis(), SHORTEST.toMillis(), LONGEST.toMillis()));
    }
    if (!errors.isEmpty()) {
      throw new IllegalArgumentException(String.join(System.lineSeparator(), errors));
    }
  }

  /** As one of {@code peers}. */
  public ReplicaConfig(
      String id,
      String cluster,
      Path dataDir,
      List<Peer> peers,
      RecordSettings record,
      Optional<TlsDirectory> tls) {
    this(id, cluster, dataDir, peers, record, tls, new Origin.Seed(), ELECTION_TIMEOUT);
  }

  /** Without TLS. */
  public ReplicaConfig(
      String id, String cluster, Path dataDir, List<Peer> peers, RecordSettings record) {
    this(id, cluster, dataDir, peers, record, Optional.empty());
  }

  /** Keeps as much of the applied log as is usual. */
  public ReplicaConfig(String id, String cluster, Path dataDir, List<Peer> peers) {
    this(id, cluster, dataDir, peers, RecordSettings.DEFAULT);
  }

  /** This replica. */
  public Peer self() {
    return peers.stream().filter(peer -> peer.id().equals(id)).findFirst().orElseThrow();
  }

  static void requireName(String what, String name) {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException("'" + name + "' is not a " + what + "; " + NAME_RULE);
    }
  }

  private static List<String> check(String id, String cluster, List<Peer> peers, boolean joins) {
    List<String> errors = new ArrayList<>();
    if (!NAME.matcher(cluster).matches()) {
      errors.add("cluster '" + cluster + "' is not a cluster name; " + NAME_RULE);
    }
    List<String> ids = new ArrayList<>();
    Map<HostPort, String> taken = new HashMap<>();
    for (Peer peer : peers) {
      if (!NAME.matcher(peer.id()).matches()) {
        errors.add("peer '" + peer.id() + "' is not a replica id; " + NAME_RULE);
      }
      if (ids.contains(peer.id())) {
        errors.add("peer '" + peer.id() + "' is listed twice; list each replica once");
      }
      ids.add(peer.id());
      take(taken, peer.raft(), peer.id() + "'s raft", errors);
      take(taken, peer.grpc(), peer.id() + "'s grpc", errors);
      take(taken, peer.http(), peer.id() + "'s http", errors);
    }
    if (!ids.contains(id)) {
      errors.add("id '" + id + "' is not among the peers " + ids + "; add this replica to them");
    }
    if (!joins && (peers.size() % 2 == 0 || peers.size() > Membership.MOST)) {
      errors.add(
          peers.size() + " peers; expected 1, 3, 5 or 7, so that a majority is well defined");
    }
    return errors;
  }

  private static void take(
      Map<HostPort, String> taken, HostPort address, String user, List<String> errors) {
    @Nullable String other = taken.putIfAbsent(address, user);
    if (other != null) {
      errors.add(user + " address " + address + " is " + other + " address too; give each its own");
    }
  }
}

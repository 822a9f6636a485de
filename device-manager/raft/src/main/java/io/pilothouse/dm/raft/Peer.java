package io.pilothouse.dm.raft;

import static java.util.Objects.requireNonNull;

/**
 * One replica of the Device Manager, and where it is reached.
 *
 * @param id as in {@code --peers}: {@code dm-1}
 * @param raft where the other replicas reach it
 * @param grpc where agents, satellites and clients reach it
 * @param http metrics, health, and the CLI's light transport
 */
public record Peer(String id, HostPort raft, HostPort grpc, HostPort http) {

  /** All parts are needed; {@link ReplicaConfig} checks the id. */
  public Peer {
    requireNonNull(id, "id");
    requireNonNull(raft, "raft");
    requireNonNull(grpc, "grpc");
    requireNonNull(http, "http");
  }
}

/**
 * Replication and storage of the Device Manager's state: the only code that knows Ratis and
 * RocksDB. Start at {@link io.pilothouse.dm.raft.Replica}, what the server sees; {@code Proposer}
 * turns requests into log entries, {@code FleetStateMachine} applies entries, {@code Store} keeps
 * the result on disk, {@code Snapshots} hands it to other replicas.
 *
 * <p>The Raft log is the only write-ahead log: RocksDB runs without its own, and holds with each
 * batch the index of the entry that made it. {@code docs/internals/replication.md} says what is
 * durable when, and what each crash point costs.
 */
@NullMarked
package io.pilothouse.dm.raft;

import org.jspecify.annotations.NullMarked;

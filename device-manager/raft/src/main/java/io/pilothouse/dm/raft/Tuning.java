package io.pilothouse.dm.raft;

import java.time.Duration;

/**
 * What tests set otherwise: to see in seconds what takes days.
 *
 * @param segmentBytes of one log file; purging takes whole files
 * @param snapshotEvery entries between snapshots
 * @param keepEntries entries kept behind the snapshot, so that a replica that was briefly away
 *     catches up from the log
 * @param purgeGap entries that must have gathered before files are purged
 * @param checkEvery entries between comparisons of the replicas' states
 * @param electionTimeout without a leader's sign for this long, up to twice it, a replica stands
 */
record Tuning(
    long segmentBytes,
    long snapshotEvery,
    long keepEntries,
    int purgeGap,
    long checkEvery,
    Duration electionTimeout) {

  static final Tuning PRODUCTION =
      new Tuning(8 << 20, 20_000, 10_000, 1024, 500, ReplicaConfig.ELECTION_TIMEOUT);

  Tuning electing(Duration timeout) {
    return new Tuning(segmentBytes, snapshotEvery, keepEntries, purgeGap, checkEvery, timeout);
  }
}

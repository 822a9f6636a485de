package io.pilothouse.dm.raft;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.grpc.GrpcConfigKeys;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.apache.ratis.util.SizeInBytes;
import org.apache.ratis.util.TimeDuration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ratis' settings where its defaults do not fit, by its typed setters only: it ignores misspelt
 * keys silently. {@code docs/internals/replication.md} gives the reason for each.
 */
final class RaftSettings {

  /** The largest entry; a request must fit into one. */
  static final int MAX_ENTRY_BYTES = 5 << 20;

  static final int SNAPSHOTS_KEPT = 2;

  private static final Duration STAGING = Duration.ofSeconds(20);

  private static final Logger log = LoggerFactory.getLogger(RaftSettings.class);

  private RaftSettings() {}

  static RaftProperties of(HostPort address, Path storage, Tuning tuning) {
    Recorded set = new Recorded();
    RaftServerConfigKeys.setStorageDir(set, List.of(storage.toFile()));
    RaftServerConfigKeys.setStorageFreeSpaceMin(set, SizeInBytes.valueOf("256MB"));
    GrpcConfigKeys.Server.setHost(set, address.host());
    GrpcConfigKeys.Server.setPort(set, address.port());
    GrpcConfigKeys.setMessageSizeMax(set, SizeInBytes.valueOf("64MB"));
    catchUp(set, tuning.electionTimeout());
    elections(set, tuning.electionTimeout());
    log(set, tuning);
    snapshots(set, tuning);
    log.info("Ratis settings other than its defaults: {}", set.seen);
    return set;
  }

  /**
   * A replica that catches up must not starve the leader: of a snapshot at most 8 MiB are under way
   * at once, and the follower's disk sets the pace.
   */
  private static void catchUp(RaftProperties set, Duration electionTimeout) {
    RaftServerConfigKeys.Log.Appender.setSnapshotChunkSizeMax(set, SizeInBytes.valueOf("1MB"));
    GrpcConfigKeys.Server.setInstallSnapshotRequestElementLimit(set, 8);
    // times the 8 above: Ratis notices so late that a follower went away while it was sent to, and
    // sends nothing to that one until then; a follower that takes less than 1 MiB/s is begun anew
    GrpcConfigKeys.Server.setInstallSnapshotRequestTimeout(set, millis(Duration.ofSeconds(1)));
    // a new member that reads a large state says nothing meanwhile
    Duration patience = electionTimeout.multipliedBy(20);
    RaftServerConfigKeys.setStagingTimeout(
        set, millis(patience.compareTo(STAGING) > 0 ? patience : STAGING));
  }

  private static void elections(RaftProperties set, Duration timeout) {
    RaftServerConfigKeys.Rpc.setTimeoutMin(set, millis(timeout));
    RaftServerConfigKeys.Rpc.setTimeoutMax(set, millis(timeout.multipliedBy(2)));
    RaftServerConfigKeys.Rpc.setFirstElectionTimeoutMin(set, millis(Duration.ofMillis(300)));
    RaftServerConfigKeys.Rpc.setFirstElectionTimeoutMax(set, millis(Duration.ofMillis(600)));
    RaftServerConfigKeys.Rpc.setRequestTimeout(set, millis(Duration.ofSeconds(3)));
    RaftServerConfigKeys.Rpc.setSlownessTimeout(set, millis(Duration.ofSeconds(30)));
    RaftServerConfigKeys.LeaderElection.setLeaderStepDownWaitTime(
        set, millis(Duration.ofSeconds(5)));
  }

  private static void log(RaftProperties set, Tuning tuning) {
    RaftServerConfigKeys.Log.setLogMetadataEnabled(set, false);
    SizeInBytes segment = SizeInBytes.valueOf(tuning.segmentBytes());
    RaftServerConfigKeys.Log.setSegmentSizeMax(set, segment);
    RaftServerConfigKeys.Log.setPreallocatedSize(
        set, SizeInBytes.valueOf(Math.min(1 << 20, tuning.segmentBytes())));
    RaftServerConfigKeys.Log.setSegmentCacheNumMax(set, 2);
    RaftServerConfigKeys.Log.setPurgeUptoSnapshotIndex(set, true);
    RaftServerConfigKeys.Log.setPurgePreservationLogNum(set, tuning.keepEntries());
    RaftServerConfigKeys.Log.setPurgeGap(set, tuning.purgeGap());
    RaftServerConfigKeys.Log.Appender.setBufferByteLimit(set, SizeInBytes.valueOf(MAX_ENTRY_BYTES));
    RaftServerConfigKeys.Log.Appender.setBufferElementLimit(set, 1024);
    RaftServerConfigKeys.Log.setWriteBufferSize(
        set, SizeInBytes.valueOf(MAX_ENTRY_BYTES + 64 * 1024));
    // a replica's own proposer writes, each entry under a new call id: nothing is ever retried
    RaftServerConfigKeys.RetryCache.setExpiryTime(set, millis(Duration.ofSeconds(10)));
  }

  private static void snapshots(RaftProperties set, Tuning tuning) {
    RaftServerConfigKeys.Snapshot.setAutoTriggerEnabled(set, true);
    RaftServerConfigKeys.Snapshot.setAutoTriggerThreshold(set, tuning.snapshotEvery());
    RaftServerConfigKeys.Snapshot.setRetentionFileNum(set, SNAPSHOTS_KEPT);
    RaftServerConfigKeys.Snapshot.setCreationGap(set, 1);
    // closing flushes the database: the next start takes the snapshot, where nobody waits for it
    RaftServerConfigKeys.Snapshot.setTriggerWhenStopEnabled(set, false);
  }

  private static TimeDuration millis(Duration duration) {
    return TimeDuration.valueOf(duration.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Ratis offers no list of what was set. */
  private static final class Recorded extends RaftProperties {

    private final Map<String, String> seen = new ConcurrentSkipListMap<>();

    @Override
    public void set(String name, String value) {
      super.set(name, value);
      seen.put(name, value);
    }
  }
}

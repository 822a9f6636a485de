package io.pilothouse.dm.raft;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.pilothouse.api.log.v1.Entry;
import io.pilothouse.dm.state.Applied;
import io.pilothouse.dm.state.Apply;
import io.pilothouse.dm.state.State;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.ratis.server.protocol.TermIndex;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * Keeps what a replica of a release leaves on its disk: CONTRIBUTING.md says when. RocksDB and
 * Ratis put random ids and times into their files, so these are others each time; what they hold is
 * not.
 */
@EnabledIfSystemProperty(named = "pilothouse.golden", matches = ".+")
class GoldenMaker {

  private static final int WRITES = 20;

  @TempDir private Path root;

  @Test
  void make() throws Exception {
    String release = System.getProperty("pilothouse.golden");
    Path target = Files.createDirectories(GoldenReplica.ALL.resolve(release));
    Map<String, String> expected = new TreeMap<>();
    snapshot(GoldenReplica.log(release), target, expected);
    replica(target, expected);
    GoldenReplica.expect(target, expected);
  }

  private void snapshot(List<Entry> log, Path target, Map<String, String> expected)
      throws Exception {
    State state = new State();
    Apply apply = new Apply();
    Path checkpoint = root.resolve("checkpoint");
    try (Store store = Store.open(root.resolve("db"))) {
      for (int index = 1; index <= log.size(); index++) {
        Applied applied = apply.apply(state, log.get(index - 1), index);
        store.write(applied.events(), TermIndex.valueOf(1, index));
      }
      store.writeDigest(RunningDigest.following(state).hex());
      store.checkpoint(checkpoint);
    }
    GoldenReplica.zip(checkpoint, target.resolve(GoldenReplica.SNAPSHOT));
    expected.put("snapshot.index", Integer.toString(log.size()));
    expected.put("snapshot.digest", StateDigest.of(state));
  }

  private void replica(Path target, Map<String, String> expected) throws Exception {
    Path dir = root.resolve("dm-1");
    Path killed = root.resolve("killed");
    ReplicaConfig config = new ReplicaConfig("dm-1", GoldenReplica.CLUSTER, dir, Cluster.peers(1));
    try (Replica replica = Replica.start(config, new SimpleMeterRegistry())) {
      Await.until("dm-1 leads", replica::isLeader);
      for (int i = 1; i <= WRITES; i++) {
        Await.get(replica.submit(Build.write(i)));
        if (i == WRITES / 2) {
          replica.snapshot();
        }
      }
      Cluster.copy(dir, killed);
      expected.put("replica.digest", replica.stateDigest());
      expected.put("replica.writes", Integer.toString(WRITES));
    }
    GoldenReplica.zip(killed, target.resolve(GoldenReplica.REPLICA));
  }
}

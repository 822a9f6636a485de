package io.pilothouse.dm.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.log.v1.Entry;
import io.pilothouse.api.log.v1.RecordItem;
import io.pilothouse.dm.record.SegmentReader;
import io.pilothouse.dm.record.Segments;
import io.pilothouse.dm.state.Change;
import io.pilothouse.dm.state.State;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What real replicas record is what they applied. */
class RecordTest {

  @TempDir private Path root;

  @Test
  void eachReplicaRecordsWhatItAppliesOnceAcrossKillsAndRestarts() throws Exception {
    try (Cluster cluster = Cluster.started(root, 1, Cluster.USUAL)) {
      for (int i = 0; i < 20; i++) {
        cluster.put("a-" + i);
      }
      // as after kill -9: the database is behind the record and the Raft log
      Path killed = root.resolve("killed");
      Cluster.copy(cluster.dir("dm-1"), killed);
      cluster.stop("dm-1");
      DataFiles.deleteTree(cluster.dir("dm-1"));
      Files.move(killed, cluster.dir("dm-1"));

      cluster.start("dm-1");
      for (int i = 0; i < 20; i++) {
        cluster.put("b-" + i);
      }
      cluster.stop("dm-1");
      cluster.start("dm-1");
      cluster.put("c");
      String digest = cluster.get("dm-1").stateDigest();
      cluster.stop("dm-1");

      Rebuilt rebuilt = Rebuilt.of(cluster.dir("dm-1").resolve("record"));
      assertThat(rebuilt.ends).as("one segment, without a gap").hasSize(1);
      assertThat(StateDigest.of(rebuilt.state)).isEqualTo(digest);
    }
  }

  @Test
  void allReplicasRecordTheSame() throws Exception {
    try (Cluster cluster = Cluster.started(root, 3, Cluster.USUAL)) {
      for (int i = 0; i < 30; i++) {
        cluster.put("a-" + i);
      }
      cluster.awaitOnAll(cluster.put("last").getRevision());
      String digest = cluster.digests().get(0);
      cluster
          .running()
          .forEach(replica -> assertThat(replica.recordStatus().isRecording()).isTrue());
      for (int i = 1; i <= 3; i++) {
        cluster.stop("dm-" + i);
        Rebuilt rebuilt = Rebuilt.of(cluster.dir("dm-" + i).resolve("record"));
        assertThat(StateDigest.of(rebuilt.state)).isEqualTo(digest);
      }
    }
  }

  /** A state made of a record alone. */
  private static final class Rebuilt {
    private final LeaseLedger apply = new LeaseLedger();
    private final State state = new State();
    private long last;
    private final List<String> ends = new ArrayList<>();

    static Rebuilt of(Path record) throws IOException {
      Rebuilt rebuilt = new Rebuilt();
      for (Path segment : Segments.list(record)) {
        try (SegmentReader reader = SegmentReader.open(segment)) {
          for (Optional<RecordItem> item = reader.next(); item.isPresent(); item = reader.next()) {
            rebuilt.add(item.get());
          }
          rebuilt.ends.add(segment.getFileName() + " ends with " + rebuilt.last);
        }
      }
      return rebuilt;
    }

    private void add(RecordItem item) {
      switch (item.getKindCase()) {
        case BASE -> last = item.getBase().getIndex();
        case STATE -> state.put(Change.of(item.getState()));
        case ENTRY -> {
          assertThat(item.getEntry().getIndex()).isEqualTo(last + 1);
          last++;
          Entry entry = item.getEntry().getEntry();
          if (item.getEntry().hasEntry()) {
            apply.apply(state, entry, last);
          }
        }
        case KIND_NOT_SET -> throw new AssertionError("an item without a kind");
      }
    }
  }
}

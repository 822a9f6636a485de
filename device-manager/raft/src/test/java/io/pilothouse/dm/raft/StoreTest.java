package io.pilothouse.dm.raft;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.api.log.v1.Event;
import io.pilothouse.api.log.v1.Meta;
import io.pilothouse.api.log.v1.VerdictKey;
import io.pilothouse.api.v1.Lease;
import io.pilothouse.api.v1.Verdict;
import io.pilothouse.dm.state.State;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.ratis.server.protocol.TermIndex;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;

class StoreTest {

  @TempDir private Path root;

  @Test
  void aNewDatabaseIsEmpty() throws Exception {
    try (Store store = Store.open(root.resolve("db"))) {
      assertThat(store.applied().getIndex()).isEqualTo(-1);
      assertThat(StateDigest.of(store.load())).isEqualTo(StateDigest.of(new State()));
    }
  }

  @Test
  void whatIsWrittenIsLoadedAndWhatIsRemovedIsNot() throws Exception {
    State expected = new State();
    List<Event> events = List.of(meta(7), lease("repair", 3), verdict("web-01", "disk"));
    events.forEach(expected::replay);
    try (Store store = Store.open(root.resolve("db"))) {
      store.write(List.of(verdict("web-01", "net")), TermIndex.valueOf(2, 8));
      store.write(events, TermIndex.valueOf(2, 9));
      store.write(List.of(verdictRemoved("web-01", "net")), TermIndex.valueOf(3, 10));
    }

    try (Store store = Store.open(root.resolve("db"))) {
      assertThat(store.applied()).isEqualTo(TermIndex.valueOf(3, 10));
      assertThat(StateDigest.of(store.load())).isEqualTo(StateDigest.of(expected));
    }
  }

  /** The tables must never disagree with each other or with the applied index. */
  @Test
  void aKillFallsBackToTheLastFlushAsAWhole() throws Exception {
    Path killed = root.resolve("killed");
    try (Store store = Store.open(root.resolve("db"))) {
      write(store, 1);
      store.flush();
      write(store, 2);
      Cluster.copy(root.resolve("db"), killed);
    }

    try (Store store = Store.open(killed)) {
      State state = store.load();
      assertThat(store.applied().getIndex()).isEqualTo(1);
      assertThat(state.meta().getNow()).isEqualTo(1);
      assertThat(state.lease("repair").orElseThrow().getToken()).isEqualTo(1);
    }
  }

  @Test
  void aCheckpointIsADatabaseOfItsMoment() throws Exception {
    Path checkpoint = root.resolve("checkpoint");
    try (Store store = Store.open(root.resolve("db"))) {
      write(store, 1);
      store.checkpoint(checkpoint);
      write(store, 2);
    }
    try (Store store = Store.open(checkpoint)) {
      assertThat(store.applied().getIndex()).isEqualTo(1);
      assertThat(store.load().meta().getNow()).isEqualTo(1);
    }
  }

  @Test
  void aDatabaseOfANewerVersionIsRefused() throws Exception {
    Path db = root.resolve("db");
    Store.open(db).close();
    try (Options options = new Options();
        StoreOptions families = new StoreOptions()) {
      List<ColumnFamilyHandle> handles = new ArrayList<>();
      List<ColumnFamilyDescriptor> all =
          RocksDB.listColumnFamilies(options, db.toString()).stream()
              .map(families::family)
              .toList();
      try (RocksDB raw = RocksDB.open(families.database(), db.toString(), all, handles)) {
        raw.createColumnFamily(families.family("offers".getBytes(UTF_8))).close();
        handles.forEach(ColumnFamilyHandle::close);
      }
    }

    assertThatThrownBy(() -> Store.open(db).close())
        .isInstanceOf(IOException.class)
        .hasMessageContaining("has the table 'offers' of a newer version");
  }

  @Test
  void theDigestTellsStatesApart() {
    State one = new State();
    one.replay(lease("repair", 1));
    State other = new State();
    other.replay(lease("repair", 2));
    assertThat(StateDigest.of(one)).isNotEqualTo(StateDigest.of(other)).hasSize(64);
    other.replay(lease("repair", 1));
    assertThat(StateDigest.of(one)).isEqualTo(StateDigest.of(other));
  }

  private static void write(Store store, long index) throws IOException {
    store.write(List.of(meta(index), lease("repair", index)), TermIndex.valueOf(1, index));
  }

  private static Event meta(long now) {
    return Event.newBuilder().setMeta(Meta.newBuilder().setNow(now)).build();
  }

  private static Event lease(String role, long token) {
    return Event.newBuilder().setLease(Lease.newBuilder().setRole(role).setToken(token)).build();
  }

  private static Event verdict(String machine, String watchdog) {
    return Event.newBuilder()
        .setVerdict(Verdict.newBuilder().setMachine(machine).setWatchdog(watchdog))
        .build();
  }

  private static Event verdictRemoved(String machine, String watchdog) {
    return Event.newBuilder()
        .setVerdictRemoved(VerdictKey.newBuilder().setMachine(machine).setWatchdog(watchdog))
        .build();
  }
}

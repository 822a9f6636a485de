package io.pilothouse.dm.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.dm.state.Levels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;

/**
 * A replica's database with bits flipped: refused with its name and what to do, and never served.
 * The rest of its files: {@link DiskDamageTest}.
 */
@ResourceLock("damage") // each opens a database hundreds of times: one after the other
class DatabaseDamageTest {
  private static final int FLIPS = Integer.getInteger("damage.flips", 200);
  private static final long SEED = Long.getLong("damage.seed", 11);

  @TempDir private Path root;
  private Path killed = Path.of("");
  private Cluster cluster;

  @BeforeEach
  void aKilledReplica() throws Exception {
    killed = root.resolve("killed").resolve("dm-1");
    cluster = Cluster.started(root.resolve("running"), 1, Cluster.USUAL);
    for (int i = 0; i < 30; i++) {
      cluster.put("before-" + i);
    }
    cluster.get("dm-1").snapshot();
    for (int i = 0; i < 40; i++) {
      cluster.put("after-" + i);
    }
    Cluster.copy(cluster.dir("dm-1"), killed);
  }

  @AfterEach
  void close() {
    cluster.close();
  }

  @Test
  void noFlippedBitOfTheDatabaseIsServed() throws Exception {
    Path db = killed.resolve("db");
    List<Path> files;
    try (Stream<Path> found = Files.list(db)) {
      files = found.sorted().toList();
    }
    OpenedStore whole = OpenedStore.open(copied(db), Optional.empty(), Levels.BUILD);
    String sound = whole.digest().hex();
    whole.store().close();
    for (Path file : files) {
      String name = file.getFileName().toString();
      if (!name.matches("CURRENT|MANIFEST-.*|.*\\.sst")) {
        continue;
      }
      int refused = 0;
      SplittableRandom random = new SplittableRandom(SEED);
      for (int i = 0; i < FLIPS / 10; i++) {
        Path spoiled = copied(db);
        byte[] bytes = Files.readAllBytes(file);
        bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
        Files.write(spoiled.resolve(name), bytes);
        try {
          OpenedStore opened = OpenedStore.open(spoiled, Optional.empty(), Levels.BUILD);
          // in what nobody reads, such as a table's statistics
          String served = opened.digest().hex();
          opened.store().close();
          assertThat(served).as("%s, flip %s", name, i).isEqualTo(sound);
        } catch (IOException e) {
          refused++;
        }
      }
      assertThat(refused).as(name).isPositive();
    }
  }

  /** A type that RocksDB would read for ever, a length by which it would drop what follows. */
  @Test
  void noFlippedBitOfATypeOrLengthInTheListOfFilesIsTaken() throws Exception {
    Path db = killed.resolve("db");
    String name = Files.readString(db.resolve("CURRENT")).strip();
    byte[] sound = Files.readAllBytes(db.resolve(name));
    List<Integer> records = new ArrayList<>();
    for (int at = 0; at + 7 <= sound.length; ) {
      records.add(at);
      at += 7 + (sound[at + 4] & 0xff) + ((sound[at + 5] & 0xff) << 8);
    }
    for (int record :
        List.of(records.getFirst(), records.get(records.size() / 2), records.getLast())) {
      for (int bit = 0; bit < 24; bit++) {
        Path spoiled = copied(db);
        byte[] bytes = sound.clone();
        bytes[record + 4 + bit / 8] ^= (byte) (1 << bit % 8);
        Files.write(spoiled.resolve(name), bytes);
        assertThatThrownBy(() -> OpenedStore.open(spoiled, Optional.empty(), Levels.BUILD))
            .as("record at %s, bit %s", record, bit)
            .isInstanceOf(IOException.class)
            .hasMessageContaining("cannot open the database " + spoiled);
      }
    }
  }

  @Test
  void aListOfFilesThatACrashHasCutIsNot() throws Exception {
    Path db = killed.resolve("db");
    String name = Files.readString(db.resolve("CURRENT")).strip();
    byte[] sound = Files.readAllBytes(db.resolve(name));
    for (int less = 1; less < 20; less++) {
      Path cut = copied(db);
      Files.write(cut.resolve(name), Arrays.copyOf(sound, sound.length - less));
      ManifestCheck.check(cut);
    }
  }

  private int copies;

  private Path copied(Path db) throws IOException {
    Path copy = root.resolve("copy-" + copies++);
    Cluster.copy(db, copy);
    return copy;
  }

  @Test
  void aDatabaseThatRotsWhileItIsServedMakesNoSnapshot() throws Exception {
    Path db = copied(killed.resolve("db"));
    try (Store store = Store.open(db)) {
      store.load();
      Path table;
      try (Stream<Path> files = Files.list(db)) {
        table = files.filter(each -> each.toString().endsWith(".sst")).findFirst().orElseThrow();
      }
      byte[] bytes = Files.readAllBytes(table);
      bytes[10] ^= 1;
      Files.write(table, bytes);
      assertThatThrownBy(() -> store.checkpoint(root.resolve("checkpoint")))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("is damaged")
          .hasMessageContaining("pilot dm replace");
      assertThat(root.resolve("checkpoint")).doesNotExist();
    }
  }

  @Test
  void aReplicaEndsWhenItsDatabaseRots() throws Exception {
    Replica replica = cluster.get("dm-1");
    Path table;
    try (Stream<Path> files = Files.list(cluster.dir("dm-1").resolve("db"))) {
      table = files.filter(each -> each.toString().endsWith(".sst")).findFirst().orElseThrow();
    }
    byte[] bytes = Files.readAllBytes(table);
    bytes[10] ^= 1;
    Files.write(table, bytes);
    var unused = Thread.ofVirtual().start(() -> snapshot(replica));
    assertThat(Await.get(replica.failure()))
        .contains("is damaged")
        .contains("put a new replica in the place of this one: `pilot dm replace`");
    assertThatThrownBy(() -> replica.backups().begin()).isInstanceOf(IOException.class);
  }

  /** It fails, or the replica ends before it is answered. */
  private static void snapshot(Replica replica) {
    try {
      replica.snapshot();
    } catch (IOException e) {
      assertThat(e).isNotNull();
    }
  }
}

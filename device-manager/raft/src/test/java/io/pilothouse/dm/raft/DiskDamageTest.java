package io.pilothouse.dm.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.dm.state.Levels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Files of a replica, with bits flipped and parts lost: what cannot be trusted is refused with the
 * file's name and what to do, and never served. The directory is one of a killed replica, with a
 * database that was flushed, a snapshot, and entries behind it in the log.
 */
class DiskDamageTest {
  private static final int FLIPS = Integer.getInteger("damage.flips", 200);
  private static final long SEED = Long.getLong("damage.seed", 11);

  @TempDir private Path root;
  private Path killed = Path.of("");
  private Cluster cluster;
  private String digest = "";

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
    digest = cluster.get("dm-1").stateDigest();
    Cluster.copy(cluster.dir("dm-1"), killed);
  }

  @AfterEach
  void close() {
    cluster.close();
  }

  private Path group() throws IOException {
    try (Stream<Path> groups = Files.list(killed.resolve("raft"))) {
      return groups.filter(Files::isDirectory).findFirst().orElseThrow();
    }
  }

  /** The segment that is written to, without what was set aside behind its last entry. */
  private Path openSegment() throws IOException {
    List<Path> segments = LogFiles.list(group());
    Path last = segments.getLast();
    byte[] bytes = Files.readAllBytes(last);
    int end = bytes.length;
    while (end > 0 && bytes[end - 1] == 0) {
      end--;
    }
    Files.write(last, Arrays.copyOf(bytes, end));
    return last;
  }

  private void check() throws IOException, ReplicaStartException {
    RaftCheck.require(killed, group());
  }

  private interface Start {
    void from() throws IOException, ReplicaStartException;
  }

  /**
   * How many of the flips of single bits of a file are refused, each with the words of a person.
   */
  private static int refused(Path file, Start start) throws IOException, ReplicaStartException {
    SplittableRandom random = new SplittableRandom(SEED);
    byte[] sound = Files.readAllBytes(file);
    FileTime written = Files.getLastModifiedTime(file);
    int refused = 0;
    for (int i = 0; i < FLIPS; i++) {
      byte[] flipped = sound.clone();
      int at = random.nextInt(sound.length);
      flipped[at] ^= (byte) (1 << random.nextInt(8));
      Files.write(file, flipped);
      Files.setLastModifiedTime(file, written); // a disk that forgets does not write
      try {
        start.from();
      } catch (IOException | ReplicaStartException e) {
        refused++;
        assertThat(e.getMessage()).as("flip at byte %s", at).isNotBlank();
      }
    }
    Files.write(file, sound);
    Files.setLastModifiedTime(file, written);
    start.from();
    return refused;
  }

  @Test
  void whatACrashLeavesIsNoDamage() throws Exception {
    check();
    Path open = openSegment();
    byte[] bytes = Files.readAllBytes(open);
    for (int cut = 1; cut < 60; cut++) {
      Files.write(open, Arrays.copyOf(bytes, bytes.length - cut));
      check();
      Files.write(
          open, Arrays.copyOf(Arrays.copyOf(bytes, bytes.length - cut), bytes.length + 500));
    }
    Files.write(open, new byte[0]);
    check();
  }

  @Test
  void everyFlippedBitOfTheLogIsFound() throws Exception {
    assertThat(refused(openSegment(), this::check)).isEqualTo(FLIPS);
  }

  @Test
  void aFlippedLengthDoesNotDropTheEntriesBehindIt() throws Exception {
    Path open = openSegment();
    byte[] bytes = Files.readAllBytes(open);
    int found = 0;
    int dropped = 0;
    // to Ratis, a length that reaches beyond the end of the file is a crash's doing
    for (int at = 8; at < bytes.length; at += at < 200 ? 1 : 11) {
      byte[] longer = bytes.clone();
      longer[at] |= (byte) 0x80;
      Files.write(open, longer);
      if (longer[at] != bytes[at]) {
        assertThatThrownBy(this::check)
            .isInstanceOf(ReplicaStartException.class)
            .hasMessageContaining(open.getFileName() + " is damaged")
            .hasMessageContaining("pilot dm replace");
        found++;
        dropped += isReadByRatis(open) ? 1 : 0;
      }
    }
    assertThat(found).isGreaterThan(200);
    assertThat(dropped).as("else Ratis looks itself, and LogFrames is not needed").isPositive();
  }

  private static boolean isReadByRatis(Path segment) {
    try {
      LogFiles.read(segment, logged -> {});
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void aLogThatEndsBeforeWhatWasCommittedIsRefused() throws Exception {
    long committed = cluster.get("dm-1").node().committedHere();
    RaftSeen.in(killed).noted(killed, RaftCheck.meta(group()), committed, false);
    Path open = openSegment();
    byte[] bytes = Files.readAllBytes(open);
    check();
    Files.write(open, Arrays.copyOf(bytes, bytes.length / 2));
    assertThatThrownBy(this::check)
        .hasMessageContaining("and held " + committed + ", which was committed");
    Files.delete(open);
    assertThatThrownBy(this::check).hasMessageContaining("which was committed");
  }

  @Test
  void everyFlippedBitOfTermAndVoteIsFound() throws Exception {
    Path meta = RaftCheck.meta(group());
    RaftSeen.in(killed).noted(killed, meta, -1, true);
    assertThat(refused(meta, this::check)).isEqualTo(FLIPS);
    Files.delete(meta);
    assertThatThrownBy(this::check)
        .hasMessageContaining("it is gone, and with it")
        .hasMessageContaining("vote");
  }

  @Test
  void aTermBelowThatOfTheLogIsFoundWithoutANote() throws Exception {
    Path meta = RaftCheck.meta(group());
    String text = Files.readString(meta).replaceAll("term=\\d+", "term=0");
    Files.writeString(meta, text);
    Files.deleteIfExists(killed.resolve("raft.seen"));
    assertThatThrownBy(this::check).hasMessageContaining("its term is 0, and the log has entries");
  }

  @Test
  void aVoteThatWasWrittenSinceTheNoteIsBelieved() throws Exception {
    Path meta = RaftCheck.meta(group());
    RaftSeen.in(killed).noted(killed, meta, -1, true);
    Files.writeString(meta, Files.readString(meta).replaceAll("term=(\\d+)", "term=9"));
    check();
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
  void aReplicaWithADamagedLogDoesNotStartAndSaysWhatToDo() throws Exception {
    Path open = openSegment();
    byte[] bytes = Files.readAllBytes(open);
    bytes[bytes.length / 2] ^= 4;
    Files.write(open, bytes);
    List<Peer> peers = cluster.config("dm-1").peers();
    cluster.close();
    ReplicaConfig config = new ReplicaConfig("dm-1", "test", killed, peers);
    assertThatThrownBy(
            () ->
                Replica.start(
                    config,
                    new io.micrometer.core.instrument.simple.SimpleMeterRegistry(),
                    new LeaseLedger(),
                    Cluster.USUAL))
        .isInstanceOf(ReplicaStartException.class)
        .hasMessageContaining(open.getFileName() + " is damaged: after index ")
        .hasMessageContaining("put a new one in its place: `pilot dm replace`");
    assertThat(digest).isNotEmpty();
  }
}

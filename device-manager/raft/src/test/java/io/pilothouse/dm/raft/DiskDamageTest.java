package io.pilothouse.dm.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;

/**
 * Files of a replica, with bits flipped and parts lost: what cannot be trusted is refused with the
 * file's name and what to do, and never served. The directory is one of a killed replica, with a
 * database that was flushed, a snapshot, and entries behind it in the log. The database itself:
 * {@link DatabaseDamageTest}.
 */
@ResourceLock("damage") // each opens a database hundreds of times: one after the other
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

  /** Raises what is noted as committed. */
  private void note(long committed) throws IOException {
    RaftSeen.in(killed).noted(killed, RaftCheck.meta(group()), committed, false);
  }

  private static LogFrames.Held held(Path segment) throws IOException {
    return LogFrames.read(segment, LogFiles.first(segment), LogFiles.last(segment));
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
    Files.deleteIfExists(killed.resolve(RaftSeen.NAME));
    Path open = openSegment();
    byte[] bytes = Files.readAllBytes(open);
    for (int cut = 1; cut < 60; cut++) {
      Files.write(open, Arrays.copyOf(bytes, bytes.length - cut));
      check();
      // as Ratis has it: zeros are there before the entry is
      if (cut >= LogBytes.CHECKSUM) {
        Files.write(
            open, Arrays.copyOf(Arrays.copyOf(bytes, bytes.length - cut), bytes.length + 500));
        check();
        assertThat(isReadByRatis(open)).as("put in order, cut of %s", cut).isTrue();
      }
    }
    Files.write(open, new byte[0]);
    check();
  }

  @Test
  void sectorsThatAPowerCutLostAreNoDamageBehindWhatWasCommitted() throws Exception {
    Files.deleteIfExists(killed.resolve(RaftSeen.NAME));
    Path open = openSegment();
    byte[] sound = Arrays.copyOf(Files.readAllBytes(open), 1 << 16);
    long last = LogFiles.first(open) + held(open).entries() - 1;
    long end = held(open).bytes();
    SplittableRandom random = new SplittableRandom(SEED);
    int cut = 0;
    for (int i = 0; i < FLIPS; i++) {
      byte[] torn = sound.clone();
      int lost = (int) end;
      for (int sector = 512; sector < end; sector += 512) {
        if (random.nextInt(4) == 0) {
          lost = Math.min(lost, sector);
          Arrays.fill(torn, sector, sector + 512, (byte) 0);
        }
      }
      Files.write(open, torn);
      LogFrames.Held before = held(open);
      check();
      assertThat(isReadByRatis(open)).isTrue();
      assertThat(held(open).entries())
          .as("none more is dropped")
          .isEqualTo(ends(sound, lost))
          .isEqualTo(before.entries());
      cut += before.end() == LogFrames.End.CUT ? 1 : 0;
    }
    assertThat(cut).isGreaterThan(FLIPS / 2);

    note(last);
    byte[] torn = sound.clone();
    Arrays.fill(torn, 512, 1024, (byte) 0);
    Files.write(open, torn);
    assertThatThrownBy(this::check).hasMessageContaining("is cut off");
    assertThat(open).as("what is refused stays as it is").hasBinaryContent(torn);
  }

  /** How many entries end before a byte. */
  private static long ends(byte[] segment, int before) {
    LogBytes frames = new LogBytes(segment);
    long count = 0;
    LogBytes.Frame frame = frames.whole(8);
    while (frame != null && frame.end() <= before) {
      count++;
      frame = frames.whole(frame.end());
    }
    return count;
  }

  @Test
  void aFlippedBitIsFoundBeforeTheZerosToo() throws Exception {
    Files.deleteIfExists(killed.resolve(RaftSeen.NAME));
    Path open = openSegment();
    byte[] sound = Arrays.copyOf(Files.readAllBytes(open), 1 << 16);
    int end = (int) held(open).bytes();
    for (int at = 8; at < end; at += at > end - 300 ? 1 : 17) {
      byte[] flipped = sound.clone();
      flipped[at] ^= (byte) (1 << (at % 8));
      Files.write(open, flipped);
      assertThatThrownBy(this::check).as("byte %s", at).hasMessageContaining("is damaged");
    }
  }

  @Test
  void aPurgeOrACutThatACrashInterruptedIsFinished() throws Exception {
    Path open = openSegment();
    LogFrames.Held held = held(open);
    long first = LogFiles.first(open);
    long last = first + held.entries() - 1;
    note(last);
    // cut already, and not yet renamed
    Path longer = open.resolveSibling("log_%d-%d".formatted(first, last + 5));
    Files.move(open, longer);
    check();
    Path renamed = open.resolveSibling("log_%d-%d".formatted(first, last));
    assertThat(renamed).exists();
    assertThat(longer).doesNotExist();

    Files.move(renamed, longer);
    note(last + 1);
    assertThatThrownBy(this::check).hasMessageContaining("its name promises");
    assertThat(longer).exists();
  }

  @Test
  void aGapBelowTheSnapshotIsAPurgeThatWasInterrupted() throws Exception {
    Path open = openSegment();
    Path old = open.resolveSibling("log_0-0");
    Path next = open.resolveSibling("log_inprogress_2");
    byte[] bytes = Files.readAllBytes(open);
    List<Integer> ends = new ArrayList<>();
    LogBytes frames = new LogBytes(bytes);
    for (int at = 8; at < bytes.length; at = Objects.requireNonNull(frames.whole(at)).end()) {
      ends.add(at);
    }
    assertThat(LogFiles.first(open)).isZero();
    Files.write(old, Arrays.copyOf(bytes, ends.get(1)));
    ByteArrayOutputStream behind = new ByteArrayOutputStream();
    behind.write(bytes, 0, 8);
    behind.write(bytes, ends.get(2), bytes.length - ends.get(2));
    Files.write(next, behind.toByteArray());
    Files.delete(open);
    check();
    assertThat(old).doesNotExist();

    Files.write(old, Arrays.copyOf(bytes, ends.get(1)));
    try (Stream<Path> snapshots = Files.list(group().resolve("sm"))) {
      for (Path each : snapshots.toList()) {
        DataFiles.deleteTree(each);
      }
    }
    assertThatThrownBy(this::check).hasMessageContaining("the one before it ends at index 0");
    assertThat(old).exists();
  }

  @Test
  void aReplicaThatLostAllOfRaftKnowsThatItHadAVote() throws Exception {
    Path group = group();
    note(3);
    DataFiles.deleteTree(group);
    assertThatThrownBy(() -> RaftCheck.require(killed, group))
        .isInstanceOf(ReplicaStartException.class)
        .hasMessageContaining("is gone, and with it this replica's log and vote")
        .hasMessageContaining("raft.seen");
    Files.delete(killed.resolve(RaftSeen.NAME));
    RaftCheck.require(killed, group);
  }

  @Test
  void anOlderVoteThatWasPutBackIsFound() throws Exception {
    Path meta = RaftCheck.meta(group());
    String before = Files.readString(meta);
    Files.writeString(meta, before.replaceAll("term=(\\d+)", "term=9"));
    RaftSeen.in(killed).noted(killed, meta, -1, true);
    Files.writeString(meta, before);
    Files.setLastModifiedTime(meta, FileTime.fromMillis(1_000));
    assertThatThrownBy(this::check)
        .hasMessageContaining("and was 9 already")
        .hasMessageContaining("raft-meta is damaged");
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
    note(committed);
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

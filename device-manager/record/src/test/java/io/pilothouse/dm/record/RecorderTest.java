package io.pilothouse.dm.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecorderTest {
  private static final long BIG = Long.MAX_VALUE;
  private static final Duration DAY = Duration.ofDays(1);

  @TempDir private Path dir;
  private final FakeDisk disk = new FakeDisk();
  private final AtomicLong nanos = new AtomicLong();
  private final Ledger ledger = new Ledger();

  @Test
  void whatIsRecordedRebuildsTheState() throws Exception {
    ledger.skips(5);
    try (Recorder recorder = open(usual())) {
      ledger.electsALeader(recorder);
      for (int i = 0; i < 50; i++) {
        ledger.applies(recorder);
      }
      ledger.electsALeader(recorder);
    }

    Ledger.Replayed replayed = Ledger.replay(dir);
    assertThat(replayed.digest()).isEqualTo(ledger.digest());
    assertThat(replayed.last).isEqualTo(ledger.index);
    assertThat(Segments.list(dir)).hasSize(1);
  }

  @Test
  void aSegmentThatIsFullIsFollowedByAnotherWithoutAGap() throws Exception {
    try (Recorder recorder = open(settings(2_000, DAY, BIG, BIG))) {
      for (int i = 0; i < 200; i++) {
        ledger.applies(recorder);
      }
    }

    assertThat(Segments.list(dir)).hasSizeGreaterThan(3);
    Ledger.Replayed replayed = Ledger.replay(dir);
    assertThat(replayed.gaps).isZero();
    assertThat(replayed.entries).hasSize(199); // the first is in the base
    assertThat(replayed.digest()).isEqualTo(ledger.digest());
  }

  @Test
  void aSegmentThatIsADayOldIsFollowedByAnother() throws Exception {
    try (Recorder recorder = open(usual())) {
      ledger.applies(recorder);
      ledger.waits(DAY);
      ledger.applies(recorder);
      ledger.applies(recorder);
    }
    assertThat(Segments.list(dir)).hasSize(2);
  }

  @Test
  void aRestartRecordsNothingTwice() throws Exception {
    long applied;
    try (Recorder recorder = open(usual())) {
      for (int i = 0; i < 20; i++) {
        ledger.applies(recorder);
      }
    }
    // the database was flushed at entry 10: entries from 11 on are applied again
    Ledger again = new Ledger();
    again.skips(0);
    try (Recorder recorder = open(usual())) {
      applied = 10;
      recorder.loaded(applied);
      for (int i = 0; i < 30; i++) {
        if (again.index < applied) {
          again.applies(open(usual(), dir.resolve("elsewhere")));
        } else {
          again.applies(recorder);
        }
      }
    }

    Ledger.Replayed replayed = Ledger.replay(dir);
    assertThat(replayed.entries).doesNotHaveDuplicates().hasSize(29).endsWith(29L);
    assertThat(replayed.digest()).isEqualTo(again.digest());
    assertThat(replayed.gaps).isZero();
  }

  @Test
  void aSnapshotThatIsAheadOfTheRecordIsAGapWithABaseOfItsOwn() throws Exception {
    try (Recorder recorder = open(usual())) {
      ledger.applies(recorder);
      ledger.applies(recorder);
      ledger.skips(10);
      recorder.loaded(ledger.index);
      ledger.applies(recorder);
      ledger.applies(recorder);
      assertThat(recorder.status().gaps()).isEqualTo(1);
    }

    Ledger.Replayed replayed = Ledger.replay(dir);
    assertThat(replayed.gaps).isEqualTo(1);
    assertThat(replayed.digest()).isEqualTo(ledger.digest());
  }

  @Test
  void aCrashAtAnyByteOfTheTailLosesNothingBeforeIt() throws Exception {
    try (Recorder recorder = open(usual())) {
      for (int i = 0; i < 4; i++) {
        ledger.applies(recorder);
      }
    }
    Path whole = Segments.list(dir).get(0);
    byte[] bytes = Files.readAllBytes(whole);
    int lastEntry = bytes.length - lengthOfLastItem(whole);
    for (int cut = lastEntry; cut < bytes.length; cut++) {
      Files.write(whole, Arrays.copyOf(bytes, cut));
      assertThat(SegmentEnd.recover(whole).index()).as("cut at %d", cut).isEqualTo(2);
      assertThat(Files.size(whole)).as("cut at %d", cut).isEqualTo(lastEntry);
    }
  }

  @Test
  void blocksOfZerosAfterAPowerLossAreCut() throws Exception {
    try (Recorder recorder = open(usual())) {
      ledger.applies(recorder);
      ledger.applies(recorder);
    }
    Path segment = Segments.list(dir).get(0);
    byte[] bytes = Files.readAllBytes(segment);
    Files.write(segment, Arrays.copyOf(bytes, bytes.length + 5_000));
    assertThat(SegmentEnd.recover(segment).index()).isEqualTo(1);
    assertThat(Files.size(segment)).isEqualTo(bytes.length);
  }

  @Test
  void aTornTailIsCutAndTheEntryRecordedAgain() throws Exception {
    try (Recorder recorder = open(usual())) {
      for (int i = 0; i < 6; i++) {
        ledger.applies(recorder);
      }
    }
    Path segment = Segments.list(dir).get(0);
    byte[] bytes = Files.readAllBytes(segment);
    Files.write(segment, Arrays.copyOf(bytes, bytes.length - 3));

    Ledger again = new Ledger();
    Recorder elsewhere = open(usual(), dir.resolve("elsewhere"));
    try (Recorder recorder = open(usual())) {
      recorder.loaded(2);
      for (int i = 0; i < 8; i++) {
        again.applies(i <= 2 ? elsewhere : recorder);
      }
    }
    elsewhere.close();
    assertThat(Ledger.replay(dir).digest()).isEqualTo(again.digest());
    assertThat(Segments.list(dir)).hasSize(1);
  }

  @Test
  void everyFlippedBitIsFoundAndNamed() throws Exception {
    try (Recorder recorder = open(usual())) {
      for (int i = 0; i < 3; i++) {
        ledger.applies(recorder);
      }
    }
    Path segment = Segments.list(dir).get(0);
    byte[] bytes = Files.readAllBytes(segment);
    for (int i = 0; i < bytes.length; i++) {
      byte[] flipped = bytes.clone();
      flipped[i] ^= (byte) (1 << (i % 8));
      Files.write(segment, flipped);
      assertThatThrownBy(() -> Ledger.replay(dir))
          .as("byte %d", i)
          .isInstanceOf(RecordDamagedException.class)
          .hasMessageContaining(segment.getFileName() + " is damaged at byte ");
    }
  }

  @Test
  void aDamagedSegmentIsLeftAloneAndAnotherBegins() throws Exception {
    try (Recorder recorder = open(usual())) {
      for (int i = 0; i < 9; i++) {
        ledger.applies(recorder);
      }
    }
    Path segment = Segments.list(dir).get(0);
    byte[] bytes = Files.readAllBytes(segment);
    bytes[bytes.length - 2 * lengthOfLastItem(segment) - 1] ^= 4;
    Files.write(segment, bytes);

    try (Recorder recorder = open(usual())) {
      recorder.loaded(ledger.index);
      ledger.applies(recorder);
      assertThat(recorder.status().gaps()).isEqualTo(1);
    }
    assertThat(Segments.list(dir)).hasSize(2);
    assertThat(Files.readAllBytes(segment)).isEqualTo(bytes);
  }

  @Test
  void theOldestSegmentsMakeRoom() throws Exception {
    try (Recorder recorder = open(settings(2_000, DAY, 12_000, BIG))) {
      for (int i = 0; i < 400; i++) {
        ledger.applies(recorder);
      }
    }
    long bytes = Segments.list(dir).stream().mapToLong(RecorderTest::size).sum();
    assertThat(bytes).isLessThan(17_000); // one segment above, the one being written
    Ledger.Replayed replayed = Ledger.replay(dir);
    assertThat(replayed.gaps).isZero();
    assertThat(replayed.digest()).isEqualTo(ledger.digest());
  }

  @Test
  void segmentsThatEndedLongAgoMakeRoom() throws Exception {
    RecordSettings threeDays = settings(1 << 20, DAY, BIG, Duration.ofDays(3).toMillis());
    try (Recorder recorder = open(threeDays)) {
      for (int day = 0; day < 10; day++) {
        ledger.applies(recorder);
        ledger.waits(DAY);
      }
    }
    List<Path> kept = Segments.list(dir);
    assertThat(kept).hasSizeBetween(3, 5);
    assertThat(ledger.now - Segments.base(kept.get(0)).getAt())
        .isLessThanOrEqualTo(Duration.ofDays(5).toMillis());
  }

  @Test
  void aFullDiskPausesRecordingAndItResumesWithANewSegment() throws Exception {
    try (Recorder recorder = open(usual())) {
      ledger.applies(recorder);
      ledger.applies(recorder);
      await(() -> recorder.status().bytes() > 0);
      disk.room.set(20);
      ledger.applies(recorder);
      await(() -> !recorder.status().isRecording());
      assertThat(recorder.status().stopped()).contains("No space left on device");
      ledger.applies(recorder);
      disk.room.set(Long.MAX_VALUE);
      ledger.applies(recorder); // too early
      assertThat(recorder.status().isRecording()).isFalse();
      nanos.addAndGet(Duration.ofMinutes(1).toNanos());
      ledger.applies(recorder);
      await(() -> recorder.status().isRecording());
      ledger.applies(recorder);
    }

    Ledger.Replayed replayed = Ledger.replay(dir);
    assertThat(replayed.gaps).isEqualTo(1);
    assertThat(replayed.digest()).isEqualTo(ledger.digest());
    assertThat(Segments.list(dir)).hasSize(2);
  }

  @Test
  void theLastFreeBytesAreLeftToTheDeviceManager() throws Exception {
    disk.free = 100;
    RecordSettings careful =
        new RecordSettings(
            1 << 20, DAY, BIG, DAY, 1_000, 1 << 20, Duration.ofSeconds(30), Duration.ofMillis(5));
    try (Recorder recorder = open(careful)) {
      ledger.applies(recorder);
      await(() -> !recorder.status().isRecording());
      assertThat(recorder.status().stopped())
          .contains("100 bytes are free, fewer than the 1000 that are left to the Device Manager");
    }
    assertThat(Segments.list(dir)).isEmpty();
  }

  @Test
  void aDiskThatStandsStillStopsNobody() throws Exception {
    RecordSettings shortQueue =
        new RecordSettings(
            1 << 20, DAY, BIG, DAY, 0, 2_000, Duration.ofSeconds(30), Duration.ofMillis(5));
    try (Recorder recorder = open(shortQueue)) {
      ledger.applies(recorder);
      ledger.applies(recorder);
      await(() -> Segments.list(dir).size() == 1);
      disk.standsStill();
      for (int i = 0; i < 1_000; i++) {
        ledger.applies(recorder); // returns at once: this test would hang otherwise
      }
      assertThat(recorder.status().stopped()).contains("the disk cannot follow");
      assertThat(recorder.status().gaps()).isPositive();
      disk.goesOn();
      await(
          () -> {
            ledger.applies(recorder);
            // faster than any disk the queue would never be empty again
            LockSupport.parkNanos(Duration.ofMillis(2).toNanos());
            return recorder.status().isRecording();
          });
      ledger.applies(recorder);
    }
    Ledger.Replayed replayed = Ledger.replay(dir);
    assertThat(replayed.gaps).isPositive();
    assertThat(replayed.digest()).isEqualTo(ledger.digest());
  }

  @Test
  void aBaseThatWasNotFinishedIsNoSegment() throws Exception {
    Files.createDirectories(dir);
    Path unfinished = dir.resolve("00000000000000000007.rec.new");
    Files.write(unfinished, new byte[] {1, 2, 3});
    try (Recorder recorder = open(usual())) {
      ledger.applies(recorder);
    }
    assertThat(unfinished).doesNotExist();
    assertThat(Segments.list(dir)).hasSize(1);
  }

  @Test
  void pagesPutTogetherAreTheSegments() throws Exception {
    try (Recorder recorder = open(settings(600_000, DAY, BIG, BIG))) {
      String role = "r".repeat(100_000);
      for (int i = 0; i < 40; i++) {
        ledger.applies(recorder, role + i % 3);
      }
    }
    RecordPages pages = new RecordPages(dir);
    Path together = Files.createDirectories(dir.resolve("together"));
    RecordPages.Page page = pages.first(0);
    assertThat(page.oldest()).isEqualTo(Segments.base(Segments.list(dir).get(0)).getAt());
    int count = 0;
    while (true) {
      count++;
      assertThat(page.bytes().size()).isLessThanOrEqualTo(1 << 20);
      Path file = together.resolve(page.segment());
      assertThat(page.offset()).isEqualTo(Files.exists(file) ? Files.size(file) : 0);
      Files.write(
          file, page.bytes().toByteArray(), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
      if (page.cursor().isEmpty()) {
        break;
      }
      page = pages.next(page.cursor(), 0);
    }
    assertThat(count).isGreaterThan(4);
    assertThat(Ledger.replay(together).digest()).isEqualTo(ledger.digest());
  }

  @Test
  void pagesBeginAtTheNewestBaseBeforeTheTimeAndEndBeforeALaterOne() throws Exception {
    try (Recorder recorder = open(usual())) {
      for (int day = 0; day < 5; day++) {
        ledger.applies(recorder);
        ledger.waits(DAY);
      }
    }
    List<Path> segments = Segments.list(dir);
    RecordPages pages = new RecordPages(dir);
    long second = Segments.base(segments.get(1)).getAt();
    RecordPages.Page page = pages.first(second + 1);
    assertThat(page.segment()).isEqualTo(String.valueOf(segments.get(1).getFileName()));
    page = pages.next(page.cursor(), second + 5);
    assertThat(page.bytes()).isEmpty();
    assertThat(page.cursor()).isEmpty();
  }

  @Test
  void aCursorWhoseSegmentIsGoneIsRefused() throws Exception {
    try (Recorder recorder = open(usual())) {
      ledger.applies(recorder);
    }
    RecordPages pages = new RecordPages(dir);
    assertThatThrownBy(() -> pages.next("00000000000000000099.rec:0", 0))
        .isInstanceOf(RecordPages.NoSuchPlaceException.class)
        .hasMessageContaining("has made room meanwhile");
    assertThatThrownBy(() -> pages.next("../../etc/passwd:0", 0))
        .hasMessageContaining("is not a cursor that an answer gave");
  }

  private static int lengthOfLastItem(Path segment) throws IOException {
    long begin = 0;
    try (SegmentReader reader = SegmentReader.open(segment)) {
      for (long before = 0; reader.next().isPresent(); before = reader.offset()) {
        begin = before;
      }
      return (int) (reader.offset() - begin);
    }
  }

  private static long size(Path file) {
    return file.toFile().length();
  }

  private static RecordSettings usual() {
    return settings(1 << 20, DAY, BIG, BIG);
  }

  private static RecordSettings settings(
      long segmentBytes, Duration segmentAge, long keepBytes, long keepMs) {
    return new RecordSettings(
        segmentBytes,
        segmentAge,
        keepBytes,
        Duration.ofMillis(keepMs),
        0,
        64 << 20,
        Duration.ofSeconds(30),
        Duration.ofMillis(5));
  }

  private Recorder open(RecordSettings settings) {
    return open(settings, dir);
  }

  private Recorder open(RecordSettings settings, Path where) {
    return new Recorder(where, settings, disk, nanos::get, InstantSource.system());
  }

  private interface Check {
    boolean isSo() throws Exception;
  }

  private static void await(Check check) throws Exception {
    long end = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    while (!check.isSo()) {
      if (System.nanoTime() > end) {
        throw new AssertionError("it did not come to be within 10 s");
      }
      Thread.onSpinWait();
    }
  }
}

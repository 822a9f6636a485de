package io.pilothouse.dm.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class RecorderTest extends RecorderCase {

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
}

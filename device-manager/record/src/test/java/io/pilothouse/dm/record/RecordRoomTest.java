package io.pilothouse.dm.record;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** Room: what is kept, and what happens when the disk has none or stands still. */
class RecordRoomTest extends RecorderCase {

  @Test
  void theOldestSegmentsMakeRoom() throws Exception {
    try (Recorder recorder = open(settings(2_000, DAY, 12_000, BIG))) {
      for (int i = 0; i < 400; i++) {
        ledger.applies(recorder);
      }
    }
    long bytes = Segments.list(dir).stream().mapToLong(RecorderCase::size).sum();
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
}

package io.pilothouse.dm.record;

import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.io.TempDir;

/** A ledger that is recorded on a disk of the test's own. */
abstract class RecorderCase {
  static final long BIG = Long.MAX_VALUE;
  static final Duration DAY = Duration.ofDays(1);

  @TempDir Path dir;
  final FakeDisk disk = new FakeDisk();
  final AtomicLong nanos = new AtomicLong();
  final Ledger ledger = new Ledger();

  static long size(Path file) {
    return file.toFile().length();
  }

  static RecordSettings usual() {
    return settings(1 << 20, DAY, BIG, BIG);
  }

  static RecordSettings settings(
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

  Recorder open(RecordSettings settings) {
    return open(settings, dir);
  }

  Recorder open(RecordSettings settings, Path where) {
    return new Recorder(where, settings, disk, nanos::get, InstantSource.system());
  }

  interface Check {
    boolean isSo() throws Exception;
  }

  static void await(Check check) throws Exception {
    long end = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    while (!check.isSo()) {
      if (System.nanoTime() > end) {
        throw new AssertionError("it did not come to be within 10 s");
      }
      Thread.onSpinWait();
    }
  }
}

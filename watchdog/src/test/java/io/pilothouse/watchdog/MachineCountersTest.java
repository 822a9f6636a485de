package io.pilothouse.watchdog;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MachineCountersTest {
  @TempDir private Path root;
  private long now = 5;
  private MachineCounters counters;

  @BeforeEach
  void aMachine() throws IOException {
    Files.createDirectories(root.resolve("sys/block/sda"));
    Files.createDirectories(root.resolve("sys/block/loop0"));
    counters = new MachineCounters(root, () -> now);
  }

  @Test
  void ratesAreThoseBetweenTwoLooks() throws IOException {
    proc("stat", "cpu  100 0 100 700 100 0 0 0 50 0\ncpu0 1 2 3 4 5 6 7 8 9 0\n");
    proc("loadavg", "1.50 1.00 0.50 2/100 4711\n");
    proc("meminfo", "MemTotal: 2048 kB\nMemAvailable:    1024 kB\n");
    proc("diskstats", disk("sda", 1000, 5000, 500, 900) + disk("sda1", 999, 9, 9, 9));
    assertThat(counters.round())
        .extracting(PerfData::label)
        .containsExactly("load1", "memory_available");

    now += Duration.ofSeconds(5).toNanos();
    proc("stat", "cpu  150 0 100 700 150 0 0 0 50 0\n");
    proc("diskstats", disk("sda", 1100, 9800, 505, 950) + disk("loop0", 99999, 1, 1, 1));
    List<PerfData> measured = counters.round();
    assertThat(value(measured, "load1")).isEqualTo(1.5);
    assertThat(value(measured, "memory_available")).isEqualTo(1024);
    assertThat(value(measured, "cpu_busy")).isEqualTo(0.5);
    assertThat(value(measured, "io_wait")).isEqualTo(0.5);
    assertThat(value(measured, "disk_read_latency")).as("ms").isEqualTo(48);
    // five writes tell nothing of how long one takes
    assertThat(measured).extracting(PerfData::label).doesNotContain("disk_write_latency");
  }

  @Test
  void whatTheSystemDoesNotTellIsLeftOut() throws IOException {
    assertThat(counters.round()).isEmpty();
    assertThat(counters.round()).isEmpty();
  }

  @Test
  void thisMachineHasLoadMemoryAndProcessors() throws IOException {
    MachineCounters real = new MachineCounters(Path.of("/"), System::nanoTime);
    real.round();
    assertThat(real.round()).extracting(PerfData::label).contains("load1", "memory_available");
  }

  private void proc(String name, String text) throws IOException {
    Files.writeString(Files.createDirectories(root.resolve("proc")).resolve(name), text);
  }

  private static String disk(String name, long reads, long readMs, long writes, long writeMs) {
    return "   8       0 %s %d 0 0 %d %d 0 0 %d 0 0 0%n"
        .formatted(name, reads, readMs, writes, writeMs);
  }

  private static double value(List<PerfData> counters, String label) {
    return counters.stream()
        .filter(each -> each.label().equals(label))
        .findFirst()
        .orElseThrow()
        .value();
  }
}

package io.pilothouse.watchdog;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What every machine can be compared by with its peers: load, processors, memory and disks, from
 * proc(5). Rates are those of the last minute, which smooths a busy second.
 */
public final class MachineCounters {
  private static final Pattern NO_DISK = Pattern.compile("loop|ram|zram|dm-|md|sr|fd|nbd");
  private static final Duration OVER = Duration.ofSeconds(60);

  /** Fewer operations tell nothing of how long one takes. */
  private static final long OPERATIONS = 10;

  /** Totals at a moment: processor time in ticks, disk operations, and milliseconds spent. */
  private record Sample(
      long at,
      long busy,
      long ioWait,
      long ticks,
      long reads,
      long readMillis,
      long writes,
      long writeMillis) {}

  private final Path root;
  private final LongSupplier nanoTime;
  private final Deque<Sample> samples = new ArrayDeque<>();

  /**
   * @param root where {@code proc} and {@code sys} are; another than {@code /} in tests
   */
  public MachineCounters(Path root, LongSupplier nanoTime) {
    this.root = root;
    this.nanoTime = nanoTime;
  }

  /** Measures. What this system cannot tell is left out. */
  public synchronized List<PerfData> round() throws IOException {
    List<PerfData> counters = new ArrayList<>();
    load(counters);
    memory(counters);
    Sample now = sample();
    while (samples.size() > 1 && now.at() - second().at() >= OVER.toNanos()) {
      samples.removeFirst();
    }
    if (!samples.isEmpty()) {
      rates(samples.getFirst(), now, counters);
    }
    samples.addLast(now);
    return counters;
  }

  private Sample second() {
    return samples.stream().skip(1).findFirst().orElseThrow();
  }

  private void load(List<PerfData> counters) throws IOException {
    for (String line : lines("proc/loadavg")) {
      counters.add(new PerfData("load1", Double.parseDouble(fields(line)[0]), ""));
    }
  }

  private void memory(List<PerfData> counters) throws IOException {
    for (String line : lines("proc/meminfo")) {
      if (line.startsWith("MemAvailable:")) {
        counters.add(new PerfData("memory_available", Long.parseLong(fields(line)[1]), "KB"));
      }
    }
  }

  private static void rates(Sample then, Sample now, List<PerfData> counters) {
    long ticks = now.ticks() - then.ticks();
    if (ticks > 0) {
      counters.add(new PerfData("cpu_busy", share(now.busy() - then.busy(), ticks), "ratio"));
      counters.add(new PerfData("io_wait", share(now.ioWait() - then.ioWait(), ticks), "ratio"));
    }
    latency("disk_read_latency", now.readMillis() - then.readMillis(), now.reads() - then.reads())
        .ifPresent(counters::add);
    latency(
            "disk_write_latency",
            now.writeMillis() - then.writeMillis(),
            now.writes() - then.writes())
        .ifPresent(counters::add);
  }

  private static double share(long part, long of) {
    return Math.clamp((double) part / of, 0, 1); // the kernel's io wait may go back
  }

  private static Optional<PerfData> latency(String name, long millis, long operations) {
    return operations < OPERATIONS || millis < 0
        ? Optional.empty()
        : Optional.of(new PerfData(name, (double) millis / operations, "ms"));
  }

  private Sample sample() throws IOException {
    long[] processor = processor();
    long[] disks = new long[4];
    for (String line : lines("proc/diskstats")) {
      String[] fields = fields(line);
      if (fields.length >= 11 && isDisk(fields[2])) {
        disks[0] += Long.parseLong(fields[3]);
        disks[1] += Long.parseLong(fields[6]);
        disks[2] += Long.parseLong(fields[7]);
        disks[3] += Long.parseLong(fields[10]);
      }
    }
    return new Sample(
        nanoTime.getAsLong(),
        processor[0],
        processor[1],
        processor[2],
        disks[0],
        disks[1],
        disks[2],
        disks[3]);
  }

  /** Busy, waiting for disks, and all, in ticks since boot. */
  private long[] processor() throws IOException {
    long[] sums = new long[3];
    for (String line : lines("proc/stat")) {
      if (line.startsWith("cpu ")) {
        String[] fields = fields(line);
        // user nice system idle iowait irq softirq steal; guests are in user and nice already
        for (int i = 1; i < Math.min(fields.length, 9); i++) {
          sums[2] += Long.parseLong(fields[i]);
        }
        long idle = Long.parseLong(fields[4]);
        sums[1] = Long.parseLong(fields[5]);
        sums[0] = sums[2] - idle - sums[1];
      }
    }
    return sums;
  }

  /** A whole disk: what is made of disks would count twice, and memory is none. */
  private boolean isDisk(String name) {
    return !NO_DISK.matcher(name).lookingAt()
        && Files.isDirectory(root.resolve("sys/block").resolve(name));
  }

  private static String[] fields(String line) {
    return line.strip().split("\\s+", -1);
  }

  private List<String> lines(String file) throws IOException {
    try (Stream<String> lines = Files.lines(root.resolve(file))) {
      return lines.toList();
    } catch (NoSuchFileException e) {
      return List.of(); // this system does not tell
    }
  }
}

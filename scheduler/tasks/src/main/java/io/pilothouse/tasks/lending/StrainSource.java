package io.pilothouse.tasks.lending;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.OptionalDouble;

/**
 * How a machine fares, as its kernel says (proc(5)). Pressure alone would not do: it also counts
 * who waits because he has used up his own limit, on a machine that idles.
 */
public final class StrainSource {
  /** user nice system idle iowait irq softirq steal; what guests had is in user. */
  private static final int COUNTED = 8;

  private static final int IDLE = 3;
  private static final int WAITING = 4;

  private final Path proc;
  private final int processors;
  private long idle;
  private long all;

  /** Of this machine. */
  public StrainSource() {
    this(Path.of("/proc"), Runtime.getRuntime().availableProcessors());
  }

  /**
   * Of another.
   *
   * @param proc its files
   */
  StrainSource(Path proc, int processors) {
    this.proc = proc;
    this.processors = processors;
  }

  /** What is so now, and has been since the call before. */
  public Usage.Strain look() throws IOException {
    return new Usage.Strain(busy(), stalled(), queue());
  }

  private OptionalDouble busy() throws IOException {
    String[] first = Files.readAllLines(proc.resolve("stat")).getFirst().strip().split("\\s+");
    long[] ticks = Arrays.stream(first).skip(1).limit(COUNTED).mapToLong(Long::parseLong).toArray();
    long sum = Arrays.stream(ticks).sum();
    long idling = ticks[IDLE] + ticks[WAITING];
    long passed = sum - all;
    long idled = idling - idle;
    boolean isFirst = all == 0;
    all = sum;
    idle = idling;
    return isFirst || passed <= 0
        ? OptionalDouble.empty()
        : OptionalDouble.of(Math.clamp(1 - (double) idled / passed, 0, 1));
  }

  /** {@code some avg10=12.34 …}: a share of the time, in percent. */
  private OptionalDouble stalled() throws IOException {
    Path file = proc.resolve("pressure").resolve("cpu");
    if (!Files.isReadable(file)) {
      return OptionalDouble.empty();
    }
    try {
      for (String line : Files.readAllLines(file)) {
        if (line.startsWith("some avg10=")) {
          String number = line.substring("some avg10=".length()).split(" ", 2)[0];
          return OptionalDouble.of(Double.parseDouble(number) / 100);
        }
      }
      return OptionalDouble.empty();
    } catch (IOException e) {
      return OptionalDouble
          .empty(); // a kernel that was started without it has the file all the same
    }
  }

  private double queue() throws IOException {
    String first = Files.readString(proc.resolve("loadavg")).split(" ", 2)[0];
    return Double.parseDouble(first) / processors;
  }
}

package io.pilothouse.watchdog.checks;

import io.pilothouse.watchdog.PerfData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/**
 * Memory errors that the memory controllers counted since the boot, by EDAC in sysfs (kernel,
 * Documentation/driver-api/edac.rst). One that could not be corrected is an ERROR until the next
 * boot; corrected ones by their rate.
 */
public final class MemoryErrors implements Check {
  private record Count(long at, long corrected) {}

  private final Path root;
  private final int corrected;
  private final Duration within;
  private final LongSupplier nanoTime;
  private final Deque<Count> counts = new ArrayDeque<>();

  /**
   * @param root {@code /sys/devices/system/edac/mc}
   * @param corrected that many within the window are an ERROR
   */
  public MemoryErrors(Path root, int corrected, Duration within, LongSupplier nanoTime) {
    this.root = root;
    this.corrected = corrected;
    this.within = within;
    this.nanoTime = nanoTime;
  }

  @Override
  public Finding look() throws IOException {
    List<Path> controllers = children(root, "mc\\d+");
    if (controllers.isEmpty()) {
      return Finding.ok("no memory controller here counts errors");
    }
    long uncorrectable = sum(controllers, "ue_count");
    long correctable = sum(controllers, "ce_count");
    long recent = recent(correctable);
    Optional<String> worst = worst(controllers);
    List<PerfData> counters =
        List.of(
            new PerfData("corrected", correctable, "c"),
            new PerfData("uncorrected", uncorrectable, "c"));
    return finding(uncorrectable, recent, worst.map(each -> ", most on " + each).orElse(""))
        .with(counters);
  }

  private Finding finding(long uncorrectable, long recent, String where) {
    if (uncorrectable > 0) {
      return Finding.error(
          "memory.uncorrected",
          "%d memory errors since the boot could not be corrected%s"
              .formatted(uncorrectable, where));
    }
    String text =
        "%d memory errors were corrected within %d h%s"
            .formatted(recent, Math.max(1, within.toHours()), where);
    if (recent >= corrected) {
      return Finding.error("memory.corrected", text);
    }
    return recent > 0 ? Finding.warning(text) : Finding.ok("no memory error is counted");
  }

  /** What came within the window; what was there at the first look is as old as this boot. */
  private long recent(long now) {
    long at = nanoTime.getAsLong();
    if (counts.isEmpty() || counts.getLast().corrected() != now) {
      if (!counts.isEmpty() && counts.getLast().corrected() > now) {
        counts.clear(); // the driver was loaded anew
      }
      counts.addLast(new Count(at, now));
    }
    // the one before the window is where its first error is counted from
    while (counts.size() > 1 && at - second().at() > within.toNanos()) {
      counts.removeFirst();
    }
    boolean allOld = at - counts.getFirst().at() > within.toNanos() && counts.size() == 1;
    return allOld ? 0 : now - counts.getFirst().corrected();
  }

  private Count second() {
    return counts.stream().skip(1).findFirst().orElseThrow();
  }

  /** The module with the most errors, by the name that is printed beside its slot. */
  private static Optional<String> worst(List<Path> controllers) throws IOException {
    long most = 0;
    Optional<String> worst = Optional.empty();
    for (Path controller : controllers) {
      for (Path module : children(controller, "(dimm|rank)\\d+")) {
        long errors = count(module, "dimm_ue_count") + count(module, "dimm_ce_count");
        if (errors > most) {
          most = errors;
          worst = Optional.of(read(module.resolve("dimm_label")).orElse(module.toString()));
        }
      }
    }
    return worst;
  }

  private static long sum(List<Path> controllers, String file) throws IOException {
    long sum = 0;
    for (Path controller : controllers) {
      sum += count(controller, file);
    }
    return sum;
  }

  private static long count(Path dir, String file) throws IOException {
    String text = read(dir.resolve(file)).orElse("0");
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw new IOException(
          "%s holds \"%s\", which is no count".formatted(dir.resolve(file), text), e);
    }
  }

  private static Optional<String> read(Path file) throws IOException {
    try {
      return Optional.of(Files.readString(file).strip()).filter(each -> !each.isEmpty());
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  private static List<Path> children(Path dir, String name) throws IOException {
    if (!Files.isDirectory(dir)) {
      return List.of();
    }
    try (Stream<Path> list = Files.list(dir)) {
      return list.filter(each -> each.getFileName().toString().matches(name)).sorted().toList();
    }
  }
}

package io.pilothouse.scheduler.allocator;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Times by what was done, printed as rows of a Markdown table: the thread's own processor time,
 * which other work on the machine does not lengthen much, and that of the clock.
 */
public final class Stopwatch {
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private final String size;
  private final Map<String, List<Took>> all = new LinkedHashMap<>();

  private record Took(long processor, long clock) {}

  public Stopwatch(String size) {
    this.size = size;
  }

  public void time(String what, Runnable action) {
    time(
        what,
        () -> {
          action.run();
          return what;
        });
  }

  public <T> T time(String what, Supplier<T> action) {
    long clock = System.nanoTime();
    long processor = THREADS.getCurrentThreadCpuTime();
    T result = action.get();
    Took took = new Took(THREADS.getCurrentThreadCpuTime() - processor, System.nanoTime() - clock);
    all.computeIfAbsent(what, unused -> new ArrayList<>()).add(took);
    return result;
  }

  public void print() {
    all.forEach(
        (what, times) -> {
          List<Long> processor = times.stream().map(Took::processor).sorted().toList();
          List<Long> clock = times.stream().map(Took::clock).sorted().toList();
          System.out.printf(
              Locale.ROOT,
              "| %s | %s | %.2f | %.2f | %.2f | %s |%n",
              what,
              size,
              processor.get(times.size() / 2) / 1e6,
              clock.get(times.size() / 2) / 1e6,
              clock.get(times.size() - 1) / 1e6,
              times.size());
        });
  }
}

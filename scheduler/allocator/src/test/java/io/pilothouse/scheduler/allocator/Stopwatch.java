package io.pilothouse.scheduler.allocator;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.function.Supplier;

/** Times by what was done, printed as rows of a Markdown table. */
public final class Stopwatch {
  private final String size;
  private final List<String> order = new ArrayList<>();
  private final TreeMap<String, List<Long>> nanos = new TreeMap<>();

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
    long start = System.nanoTime();
    T result = action.get();
    long took = System.nanoTime() - start;
    nanos
        .computeIfAbsent(
            what,
            unused -> {
              order.add(what);
              return new ArrayList<>();
            })
        .add(took);
    return result;
  }

  public void print() {
    for (String what : order) {
      List<Long> times = nanos.get(what).stream().sorted().toList();
      System.out.printf(
          Locale.ROOT,
          "| %s | %s | %.2f | %.2f | %s |%n",
          what,
          size,
          times.get(times.size() / 2) / 1e6,
          times.get(times.size() - 1) / 1e6,
          times.size());
    }
  }
}

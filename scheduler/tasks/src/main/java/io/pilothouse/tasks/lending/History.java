package io.pilothouse.tasks.lending;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;

/** What one container has used of processors, look by look, as far back as is of interest. */
final class History {
  /**
   * Between two looks.
   *
   * @param from when the first was
   * @param to when the second was
   * @param cpus used on average
   */
  private record Span(long from, long to, double cpus) {}

  private final long window;
  private final Deque<Span> spans = new ArrayDeque<>();

  /** What it had when this began. */
  final double own;

  private final long since;
  private long lastAt;
  private long lastUsed;

  History(Duration window, double own, long nanos, long used) {
    this.window = window.toNanos();
    this.own = own;
    this.since = nanos;
    this.lastAt = nanos;
    this.lastUsed = used;
  }

  void add(long nanos, long used) {
    long passed = nanos - lastAt;
    if (passed <= 0) {
      return;
    }
    // a count that went back is that of another group of the same name
    spans.add(new Span(lastAt, nanos, (double) Math.max(0, used - lastUsed) / passed));
    lastAt = nanos;
    lastUsed = used;
    while (nanos - spans.peek().to() >= window) {
      spans.remove();
    }
  }

  /** Whether it reaches back over the whole of its window. */
  boolean isFull() {
    return lastAt - since >= window;
  }

  /**
   * Processors that it used at most, but for its busiest looks.
   *
   * @param share of the looks that are no busier, 0 to 1
   */
  double peak(double share) {
    if (spans.isEmpty()) {
      return 0;
    }
    double[] sorted = spans.stream().mapToDouble(Span::cpus).sorted().toArray();
    return sorted[Math.clamp((int) Math.ceil(share * sorted.length) - 1, 0, sorted.length - 1)];
  }

  /**
   * Processors that it used over the window, on average. Of one that has not been there for so long
   * as if it had idled before: a start is often busy, and says nothing yet.
   */
  double average() {
    double sum = 0;
    for (Span each : spans) {
      sum += each.cpus() * (each.to() - each.from());
    }
    return sum / Math.max(window, spans.isEmpty() ? 0 : lastAt - spans.peek().from());
  }
}

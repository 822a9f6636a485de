package io.pilothouse.agent;

import io.pilothouse.manifests.ProcessSpec.BackOff;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;

/** How a process ended, how often, and when it may be started again. */
final class Restarts {
  private static final Duration STABLE = Duration.ofSeconds(30);
  private static final int REMEMBERED = 1000;

  private final BackOff backOff;

  /** When it ended badly, by the nano clock; the newest last. */
  private final Deque<Long> ends = new ArrayDeque<>();

  private Duration pause;
  private long notBefore = System.nanoTime();
  private int count;
  private int failures;
  private String lastEnd = "";

  Restarts(BackOff backOff) {
    this.backOff = backOff;
    this.pause = backOff.first();
  }

  int count() {
    return count;
  }

  /** Whether it ended since it last was up for long enough. */
  boolean isUnsteady() {
    return failures > 0;
  }

  String lastEnd() {
    return lastEnd;
  }

  boolean isDue() {
    return System.nanoTime() - notBefore >= 0;
  }

  CrashLoop.Ends ends(String process) {
    long now = System.nanoTime();
    return new CrashLoop.Ends(
        process, ends.stream().map(each -> Duration.ofNanos(now - each)).toList(), lastEnd);
  }

  /** It ended. */
  void ended(String how, boolean well) {
    lastEnd = how;
    if (!well) {
      ends.addLast(System.nanoTime());
      if (ends.size() > REMEMBERED) {
        ends.removeFirst();
      }
    }
  }

  /** It is not started again. */
  void over(boolean well) {
    failures = well ? 0 : 1;
  }

  /** It is started again after a pause; what there is to say of it. */
  String pause() {
    notBefore = System.nanoTime() + pause.toNanos();
    count++;
    failures++;
    String text =
        "%s; starts again in %d ms (restart %d)".formatted(lastEnd, pause.toMillis(), count);
    Duration next = pause.multipliedBy(2);
    pause = next.compareTo(backOff.longest()) > 0 ? backOff.longest() : next;
    return text;
  }

  /** It has been up for so long, and serves or not; whether it counts as well again. */
  boolean isSteady(Duration age, boolean serves) {
    // one that ended must stay up as long as its last pause to count as well again
    boolean steady = failures == 0 || age.compareTo(pause) >= 0;
    if (age.compareTo(STABLE) > 0) {
      pause = backOff.first();
    }
    if (steady && serves) {
      failures = 0;
    }
    return steady;
  }
}

package io.pilothouse.tasks;

import java.time.Duration;

/** When a status is told again: after ten seconds, then after twice as long, up to ten minutes. */
final class Retry {
  private static final Duration LONGEST = Duration.ofMinutes(10);

  private final Duration first;
  private Duration pause;
  private long sentAt;
  private boolean sent;

  Retry(Duration first) {
    this.first = first;
    this.pause = first;
  }

  boolean isDue(long nanoTime) {
    return !sent || nanoTime - sentAt >= pause.toNanos();
  }

  void sent(long nanoTime) {
    if (sent) {
      Duration doubled = pause.multipliedBy(2);
      pause = doubled.compareTo(LONGEST) > 0 ? LONGEST : doubled;
    }
    sent = true;
    sentAt = nanoTime;
  }

  /** Another status, or another scheduler to tell it to. */
  void anew() {
    sent = false;
    pause = first;
  }
}

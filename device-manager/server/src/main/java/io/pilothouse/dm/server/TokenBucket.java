package io.pilothouse.dm.server;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** How much of a quota is left. For one thread at a time. */
final class TokenBucket {
  private ReportQuotas.Quota quota;
  private double tokens;
  private long at;

  TokenBucket(ReportQuotas.Quota quota, long nanoTime) {
    this.quota = quota;
    this.tokens = quota.burst();
    this.at = nanoTime;
  }

  /** Time has passed, and the quota may be another. */
  TokenBucket refilled(ReportQuotas.Quota now, long nanoTime) {
    quota = now;
    double minutes = (nanoTime - at) / (double) TimeUnit.MINUTES.toNanos(1);
    tokens = Math.min(quota.burst(), tokens + minutes * quota.perMinute());
    at = nanoTime;
    return this;
  }

  /** Takes one, if there is one. */
  boolean take() {
    if (tokens < 1) {
      return false;
    }
    tokens -= 1;
    return true;
  }

  /** One that was taken was not used. */
  void giveBack() {
    tokens = Math.min(quota.burst(), tokens + 1);
  }

  boolean isFull() {
    return tokens >= quota.burst();
  }

  /** Until there is one again; rounded up to a millisecond. */
  Duration timeToWait() {
    return Duration.ofMillis(
        Math.max(1, (long) Math.ceil((1 - tokens) * 60_000 / quota.perMinute())));
  }

  /** The same, rounded up to a second. */
  long secondsToWait() {
    return timeToWait().plusMillis(999).toSeconds();
  }
}

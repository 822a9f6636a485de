package io.pilothouse.provisioning;

import java.util.function.LongSupplier;

/** So many a second, and so many at once after a pause. */
final class Allowance {
  private static final double NANOS = 1e9;

  private final double aSecond;
  private final double most;
  private final LongSupplier nanoTime;
  private double left;
  private long at;

  Allowance(double aSecond, double most, LongSupplier nanoTime) {
    this.aSecond = aSecond;
    this.most = most;
    this.nanoTime = nanoTime;
    this.left = most;
    this.at = nanoTime.getAsLong();
  }

  synchronized boolean take() {
    long now = nanoTime.getAsLong();
    left = Math.min(most, left + (now - at) / NANOS * aSecond);
    at = now;
    if (left < 1) {
      return false;
    }
    left -= 1;
    return true;
  }
}

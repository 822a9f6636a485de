package io.pilothouse.tasks.check;

import io.pilothouse.mesos.v1.CheckInfo;
import io.pilothouse.mesos.v1.HealthCheck;
import java.time.Duration;

/**
 * When a task is looked at.
 *
 * @param delay after its start until the first look
 * @param interval from the end of a look to the next
 * @param timeout of one look
 */
public record Pace(Duration delay, Duration interval, Duration timeout) {
  /** Mesos leaves it to its users not to look without a pause. */
  private static final Duration SHORTEST = Duration.ofMillis(100);

  private static final Duration LONGEST = Duration.ofDays(365);
  private static final double NANOS = 1e9;

  static Pace of(CheckInfo check) {
    return of(check.getDelaySeconds(), check.getIntervalSeconds(), check.getTimeoutSeconds());
  }

  static Pace of(HealthCheck check) {
    return of(check.getDelaySeconds(), check.getIntervalSeconds(), check.getTimeoutSeconds());
  }

  private static Pace of(double delay, double interval, double timeout) {
    Duration pause = seconds(interval);
    Duration most = seconds(timeout);
    return new Pace(
        seconds(delay),
        pause.compareTo(SHORTEST) < 0 ? SHORTEST : pause,
        most.isZero() ? LONGEST : most); // as in Mesos: without an end
  }

  /** None for what is none, a year at most. */
  static Duration seconds(double seconds) {
    if (!(seconds > 0)) {
      return Duration.ZERO;
    }
    return seconds >= LONGEST.toSeconds() ? LONGEST : Duration.ofNanos((long) (seconds * NANOS));
  }
}

package io.pilothouse.tasks;

import java.time.Duration;

/**
 * For how long the agent waits for executors.
 *
 * @param register from its start to its first SUBSCRIBE
 * @param back from the start of the next agent, or from when its stream broke, to the next one
 * @param heartbeat between two events HEARTBEAT
 */
record ExecutorTimes(Duration register, Duration back, Duration heartbeat) {
  /** Mesos' own; the longest that it allows for coming back, since machines are busy. */
  static ExecutorTimes usual() {
    return new ExecutorTimes(Duration.ofMinutes(1), Duration.ofSeconds(15), Duration.ofMinutes(30));
  }
}

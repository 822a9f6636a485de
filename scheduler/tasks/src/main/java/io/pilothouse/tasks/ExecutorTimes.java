package io.pilothouse.tasks;

import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus.Reason;
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

  /** Why one is ended that does not read its events in time. */
  Cause absent(boolean subscribedBefore) {
    return new Cause(
        TaskState.TASK_FAILED,
        subscribedBefore
            ? Reason.REASON_EXECUTOR_REREGISTRATION_TIMEOUT
            : Reason.REASON_EXECUTOR_REGISTRATION_TIMEOUT,
        subscribedBefore
            ? "Executor did not re-register within " + DurationText.of(back)
            : "Executor did not register within " + DurationText.of(register));
  }
}

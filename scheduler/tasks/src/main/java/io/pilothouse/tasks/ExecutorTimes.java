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
  private static final Duration LONGEST = Duration.ofDays(365);

  /** Mesos' own; the longest that it allows for coming back, since machines are busy. */
  static ExecutorTimes usual() {
    return new ExecutorTimes(Duration.ofMinutes(1), Duration.ofSeconds(15), Duration.ofMinutes(30));
  }

  /** Why the tasks of one that does not subscribe end. */
  Cause absent(boolean wasThere) {
    return new Cause(
        TaskState.TASK_FAILED,
        wasThere
            ? Reason.REASON_EXECUTOR_REREGISTRATION_TIMEOUT
            : Reason.REASON_EXECUTOR_REGISTRATION_TIMEOUT,
        wasThere
            ? "Executor did not re-register within " + DurationText.of(back)
            : "Executor did not register within " + DurationText.of(register));
  }

  /** A time as a framework wrote it, so that its end can be counted. */
  static Duration bounded(Duration time) {
    return time.compareTo(LONGEST) > 0 ? LONGEST : time;
  }
}

package io.pilothouse.tasks;

import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus.Reason;

/** Why a task is over that did not end by itself: as its framework is told. */
record Cause(TaskState state, Reason reason, String words) {
  static Cause notLaunched(String why) {
    return new Cause(
        TaskState.TASK_FAILED,
        Reason.REASON_CONTAINER_LAUNCH_FAILED,
        "Failed to launch container: " + why);
  }

  /** It was never run, and may be launched again. */
  static Cause dropped(TaskRecord task, Reason reason, String words) {
    return new Cause(
        task.isPartitionAware() ? TaskState.TASK_DROPPED : TaskState.TASK_LOST, reason, words);
  }

  /** It may have run, and does no more. */
  static Cause gone(TaskRecord task, String words) {
    return new Cause(
        task.isPartitionAware() ? TaskState.TASK_GONE : TaskState.TASK_LOST,
        Reason.REASON_AGENT_RESTARTED,
        words);
  }
}

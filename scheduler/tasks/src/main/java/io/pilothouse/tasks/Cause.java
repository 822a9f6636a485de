package io.pilothouse.tasks;

import io.pilothouse.api.v1.AgentKill;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus.Reason;
import io.pilothouse.mesos.v1.Value;
import io.pilothouse.processes.Cgroup;
import java.util.List;
import java.util.Optional;

/**
 * Why a task is over that did not end by itself: as its framework is told.
 *
 * @param limitation resources of which it used too much; empty where that is not why
 */
record Cause(TaskState state, Reason reason, String words, List<Resource> limitation) {
  /** A group that has no limit has a number near the largest. */
  private static final long NO_LIMIT = 1L << 60;

  /** One that no limit is to blame for. */
  Cause(TaskState state, Reason reason, String words) {
    this(state, reason, words, List.of());
  }

  /** The kernel killed it, or one of it. */
  static Cause outOfMemory(Cgroup.Memory memory) {
    long peak = memory.peak() >> 20;
    Resource.Builder used = Resource.newBuilder().setName("mem").setType(Value.Type.SCALAR);
    used.getScalarBuilder().setValue((double) peak);
    String most = memory.peak() == 0 ? "" : " Maximum Used: %dMB".formatted(peak);
    return new Cause(
        TaskState.TASK_FAILED,
        Reason.REASON_CONTAINER_LIMITATION_MEMORY,
        memory.limit() >= NO_LIMIT
            ? "Killed by the kernel: the machine is out of memory, and it had no limit." + most
            : "Memory limit exceeded: Requested: %dMB".formatted(memory.limit() >> 20) + most,
        List.of(used.build()));
  }

  static Cause notLaunched(String why) {
    return new Cause(
        TaskState.TASK_FAILED,
        Reason.REASON_CONTAINER_LAUNCH_FAILED,
        "Failed to launch container: " + why);
  }

  /**
   * Somebody wanted it to end before it ran.
   *
   * @param contained whether it was to have a container
   */
  static Cause killedEarly(AgentKill order, boolean contained) {
    boolean ordered = order.getReasonNumber() != 0;
    Optional<Reason> reason =
        Optional.ofNullable(Reason.forNumber(order.getReasonNumber())).filter(any -> ordered);
    String words = "Killed while " + early(contained);
    return new Cause(
        TaskState.TASK_KILLED,
        reason.orElse(Reason.REASON_TASK_KILLED_DURING_LAUNCH),
        order.getReason().isEmpty() ? words : order.getReason() + ": " + words);
  }

  private static String early(boolean contained) {
    return contained ? "its container was prepared" : "its URIs were fetched";
  }

  /**
   * The same of an executor.
   *
   * @param contained whether it was to have a container
   */
  static Cause executorEndedEarly(boolean contained) {
    return new Cause(
        TaskState.TASK_FAILED,
        Reason.REASON_EXECUTOR_TERMINATED,
        "Executor was shut down while " + early(contained));
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

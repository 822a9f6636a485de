package io.pilothouse.framework;

import io.pilothouse.mesos.v1.CommandInfo;
import io.pilothouse.mesos.v1.Offer;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.TaskID;
import io.pilothouse.mesos.v1.TaskInfo;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.Value;

/** The usual task, a command, and the usual resources, cpus and mem. */
public final class Tasks {
  private Tasks() {}

  /**
   * A shell command.
   *
   * @param id never used before by this framework; its name, too
   * @param mem MiB
   */
  public static TaskInfo command(Offer offer, String id, String line, double cpus, double mem) {
    return TaskInfo.newBuilder()
        .setName(id)
        .setTaskId(TaskID.newBuilder().setValue(id))
        .setAgentId(offer.getAgentId())
        .addResources(scalar("cpus", cpus))
        .addResources(scalar("mem", mem))
        .setCommand(CommandInfo.newBuilder().setValue(line))
        .build();
  }

  public static Resource scalar(String name, double amount) {
    return Resource.newBuilder()
        .setName(name)
        .setType(Value.Type.SCALAR)
        .setScalar(Value.Scalar.newBuilder().setValue(amount))
        .build();
  }

  /** How much of it is offered; 0 of what is not. */
  public static double amount(Offer offer, String name) {
    return offer.getResourcesList().stream()
        .filter(each -> each.getName().equals(name))
        .mapToDouble(each -> each.getScalar().getValue())
        .sum();
  }

  /** Whether a task will not run any more. UNREACHABLE and UNKNOWN ones may yet come back. */
  public static boolean isOver(TaskState state) {
    return switch (state) {
      case TASK_FINISHED,
          TASK_FAILED,
          TASK_KILLED,
          TASK_ERROR,
          TASK_LOST,
          TASK_DROPPED,
          TASK_GONE,
          TASK_GONE_BY_OPERATOR ->
          true;
      case TASK_STAGING,
          TASK_STARTING,
          TASK_RUNNING,
          TASK_KILLING,
          TASK_UNREACHABLE,
          TASK_UNKNOWN ->
          false;
    };
  }
}

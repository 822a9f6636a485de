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

  /** The same, of what may be taken back at any time. */
  public static Resource revocable(String name, double amount) {
    return scalar(name, amount).toBuilder()
        .setRevocable(Resource.RevocableInfo.getDefaultInstance())
        .build();
  }

  /**
   * The same task on revocable processors: it goes behind all others of the machine, and is killed
   * ({@code REASON_CONTAINER_PREEMPTED}) when they need what was lent. Only who says that he knows
   * of that, by the capability {@code REVOCABLE_RESOURCES}, is offered any.
   */
  public static TaskInfo onRevocable(TaskInfo task) {
    TaskInfo.Builder changed = task.toBuilder();
    for (Resource.Builder each : changed.getResourcesBuilderList()) {
      if (each.getName().equals("cpus")) {
        each.setRevocable(Resource.RevocableInfo.getDefaultInstance());
      }
    }
    return changed.build();
  }

  /** How much of it is offered for good; 0 of what is not. */
  public static double amount(Offer offer, String name) {
    return amount(offer, name, false);
  }

  /** How much of it is offered that may be taken back at any time. */
  public static double revocableAmount(Offer offer, String name) {
    return amount(offer, name, true);
  }

  private static double amount(Offer offer, String name, boolean revocable) {
    return offer.getResourcesList().stream()
        .filter(each -> each.getName().equals(name) && each.hasRevocable() == revocable)
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

package io.pilothouse.tasks;

import io.pilothouse.manifests.ProcessSpec.Limits;
import io.pilothouse.mesos.v1.ExecutorInfo;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.TaskInfo;
import io.pilothouse.mesos.v1.Value;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What a task may use at most: its limits where it names them, else the resources that it has. Of
 * processors too, so that nobody's manifest is slower for a task beside it.
 *
 * @param cpus that it has: its share where there are too few for all, whatever its limit is
 */
record TaskLimits(Limits limits, double cpus) {
  /** Mesos calls it MB. */
  private static final int MEBIBYTE = 1 << 20;

  static TaskLimits of(TaskInfo task, Rules rules) {
    return new TaskLimits(
        limits(most(task, "cpus"), most(task, "mem"), rules), sum(task.getResourcesList(), "cpus"));
  }

  /** Of an executor with the tasks that it has. */
  static TaskLimits of(ExecutorInfo executor, Collection<TaskInfo> tasks, Rules rules) {
    double given = sum(executor.getResourcesList(), "cpus");
    double cpus = given;
    double memory = sum(executor.getResourcesList(), "mem");
    for (TaskInfo each : tasks) {
      given += sum(each.getResourcesList(), "cpus");
      cpus += most(each, "cpus");
      memory += most(each, "mem");
    }
    return new TaskLimits(limits(cpus, memory, rules), given);
  }

  /** Which limits this machine cannot enforce, and why; empty when it can all. */
  static String notEnforced(Machine machine) {
    return machine.cgroups().notEnforced(limits(1, 1, machine.rules().get())).orElse("");
  }

  /** None for what is infinite, and for what there is none of. */
  private static Limits limits(double cpus, double memory, Rules rules) {
    return new Limits(
        bounded(cpus),
        bounded(memory).map(each -> Math.round(each * MEBIBYTE)),
        OptionalInt.of(rules.pids()));
  }

  private static Optional<Double> bounded(double most) {
    return most > 0 && !Double.isInfinite(most) ? Optional.of(most) : Optional.empty();
  }

  private static double most(TaskInfo task, String name) {
    Value.Scalar limit = task.getLimitsMap().get(name);
    return limit != null ? limit.getValue() : sum(task.getResourcesList(), name);
  }

  private static double sum(List<Resource> resources, String name) {
    return resources.stream()
        .filter(each -> each.getName().equals(name))
        .map(Resource::getScalar)
        .mapToDouble(Value.Scalar::getValue)
        .sum();
  }
}

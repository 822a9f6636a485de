package io.pilothouse.tasks;

import io.pilothouse.manifests.ProcessSpec.Limits;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.TaskInfo;
import io.pilothouse.mesos.v1.Value;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What a task may use at most: its limits where it names them, else the resources that it has. Of
 * processors too, so that nobody's manifest is slower for a task beside it.
 */
final class TaskLimits {
  /** Mesos calls it MB. */
  private static final int MEBIBYTE = 1 << 20;

  private TaskLimits() {}

  static Limits of(TaskInfo task) {
    Optional<Double> cpus = most(task, "cpus");
    Optional<Long> memory = most(task, "mem").map(each -> Math.round(each * MEBIBYTE));
    return new Limits(cpus, memory, OptionalInt.empty());
  }

  /** Empty for an infinite one, and for a task that has none of it. */
  private static Optional<Double> most(TaskInfo task, String name) {
    Value.Scalar limit = task.getLimitsMap().get(name);
    double most =
        limit != null
            ? limit.getValue()
            : task.getResourcesList().stream()
                .filter(each -> each.getName().equals(name))
                .map(Resource::getScalar)
                .mapToDouble(Value.Scalar::getValue)
                .sum();
    return most > 0 && !Double.isInfinite(most) ? Optional.of(most) : Optional.empty();
  }
}

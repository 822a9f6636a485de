package io.pilothouse.scheduler.validation;

import static io.pilothouse.scheduler.validation.Objections.when;

import io.pilothouse.mesos.v1.ContainerInfo;
import io.pilothouse.mesos.v1.ExecutorInfo;
import io.pilothouse.mesos.v1.HealthCheck;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.TaskInfo;
import io.pilothouse.scheduler.allocator.resources.Resources;
import io.pilothouse.scheduler.wire.ResourceForm;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Tasks that live and die together, in one executor. */
public final class GroupCheck {
  private static final double MIN_CPUS = 0.01;
  private static final double MIN_MEM = 32;

  private GroupCheck() {}

  public static Optional<String> objection(
      List<TaskInfo> tasks, ExecutorInfo executor, Site site, Resources left) {
    Set<String> ids = new HashSet<>();
    for (TaskInfo each : tasks) {
      Optional<String> objection =
          ids.add(each.getTaskId().getValue())
              ? task(each, site)
              : Optional.of("Task has duplicate ID: " + each.getTaskId().getValue());
      if (objection.isPresent()) {
        return Optional.of(
            "Task '%s' is invalid: %s".formatted(each.getTaskId().getValue(), objection.get()));
      }
    }
    String id = executor.getExecutorId().getValue();
    return Objections.first(
        List.of(
            () -> ExecutorCheck.objection(executor, site),
            () -> when(!executor.hasType(), "'ExecutorInfo.type' must be set"),
            () -> when(executor.getType() == ExecutorInfo.Type.UNKNOWN, "Unknown executor type"),
            () ->
                when(
                    executor.hasContainer()
                        && executor.getContainer().getType() == ContainerInfo.Type.DOCKER,
                    "Docker ContainerInfo is not supported on the executor"),
            () -> other(tasks, executor),
            () -> minimum(executor, "cpus", MIN_CPUS, "less CPUs", id),
            () -> minimum(executor, "mem", MIN_MEM, "less memory", id),
            () -> when(amount(executor, "disk") == 0, "Executor '" + id + "' uses no disk"),
            () -> ExecutorCheck.sharesCgroups(executor, "executor containers"),
            () -> resources(tasks, executor, site, left)));
  }

  private static Optional<String> task(TaskInfo task, Site site) {
    ContainerInfo container = task.getContainer();
    boolean checkedFromOutside =
        task.getHealthCheck().getType() == HealthCheck.Type.HTTP
            || task.getHealthCheck().getType() == HealthCheck.Type.TCP;
    return Objections.first(
        List.of(
            () -> TaskCheck.itself(task, site),
            () ->
                when(
                    container.getNetworkInfosCount() > 0 && checkedFromOutside,
                    "HTTP and TCP health checks are not supported for nested containers not"
                        + " joining parent's network"),
            () ->
                when(
                    task.hasContainer() && container.getType() == ContainerInfo.Type.DOCKER,
                    "Docker ContainerInfo is not supported on the task"),
            () ->
                when(
                    task.getLimitsCount() > 0
                        && (!container.hasLinuxInfo()
                            || container.getLinuxInfo().getShareCgroups()),
                    "Resource limits may only be set for tasks within a task group when the"
                        + " 'share_cgroups' field is set to 'false'.")));
  }

  private static Optional<String> other(List<TaskInfo> tasks, ExecutorInfo executor) {
    return tasks.stream()
        .filter(each -> each.hasExecutor() && !each.getExecutor().equals(executor))
        .findFirst()
        .map(
            each ->
                "The `ExecutorInfo` of task '%s' is different from executor '%s'"
                    .formatted(each.getTaskId().getValue(), executor.getExecutorId().getValue()));
  }

  private static Optional<String> minimum(
      ExecutorInfo executor, String name, double least, String what, String id) {
    double has = amount(executor, name);
    return when(
        has < least,
        () ->
            "Executor '%s' uses %s (%s) than the minimum required (%s)"
                .formatted(id, what, has == 0 ? "None" : has, least));
  }

  private static double amount(ExecutorInfo executor, String name) {
    return executor.getResourcesList().stream()
        .filter(each -> each.getName().equals(name))
        .mapToDouble(each -> each.getScalar().getValue())
        .sum();
  }

  private static Optional<String> resources(
      List<TaskInfo> tasks, ExecutorInfo executor, Site site, Resources left) {
    List<Resource> all =
        ResourceCheck.sharedOnce( // each of them may use it
            tasks.stream().flatMap(each -> each.getResourcesList().stream()).toList());
    List<Resource> withExecutor = new ArrayList<>(all);
    withExecutor.addAll(executor.getResourcesList());
    Optional<String> objection =
        Objections.first(
            List.of(
                () -> ResourceCheck.objection(withExecutor),
                () ->
                    ResourceCheck.persistence(withExecutor)
                        .map(why -> "Task group and executor use duplicate persistence ID: " + why),
                () ->
                    ResourceCheck.mixesRevocable(withExecutor)
                        .map(
                            why ->
                                "Task group and executor mix revocable and non-revocable"
                                    + " resources: "
                                    + why),
                () ->
                    when(
                        TaskCheck.overlap(ports(all), ports(executor.getResourcesList())),
                        () ->
                            "There are overlapping resources in the task group's task resources %s"
                                    .formatted(ports(all))
                                + " and/or executor resources "
                                + ports(executor.getResourcesList()))));
    if (objection.isPresent()) {
      return objection;
    }
    boolean running = site.executor(executor.getExecutorId().getValue()).isPresent();
    return TaskCheck.enough(
        running ? all : withExecutor, site, left, "task group and its executor are");
  }

  private static Resources ports(List<Resource> of) {
    return ResourceForm.read(of).filter(each -> !each.isScalar());
  }
}

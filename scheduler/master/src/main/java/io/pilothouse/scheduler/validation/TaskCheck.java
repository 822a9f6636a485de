package io.pilothouse.scheduler.validation;

import static io.pilothouse.scheduler.validation.Objections.when;

import io.pilothouse.mesos.v1.ExecutorInfo;
import io.pilothouse.mesos.v1.LinuxInfo;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.TaskInfo;
import io.pilothouse.scheduler.allocator.resources.Entry;
import io.pilothouse.scheduler.allocator.resources.Resources;
import io.pilothouse.scheduler.wire.ResourceForm;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A task that is to be launched. */
public final class TaskCheck {
  /** It is kept by the scheduler, by its agent, and sent to both and to people who look at it. */
  private static final int LARGEST = 1 << 20;

  private TaskCheck() {}

  /**
   * What is wrong with it, where it is to run.
   *
   * @param left what the offers have left for it, the tasks before it taken off
   */
  public static Optional<String> objection(TaskInfo task, Site site, Resources left) {
    return Objections.first(
        List.of(() -> itself(task, site), () -> executor(task, site, left), () -> ownCgroup(task)));
  }

  /** What holds for tasks of groups, too. */
  static Optional<String> itself(TaskInfo task, Site site) {
    String id = task.getTaskId().getValue();
    String agent = task.getAgentId().getValue();
    return Objections.first(
        List.of(
            () -> Ids.objection(id),
            () -> when(site.has(id), "Task has duplicate ID: " + id),
            () -> when(site.isUnreachable(id), "Task reuses the ID of an unreachable task: " + id),
            () ->
                when(
                    !agent.equals(site.agent()),
                    () ->
                        "Task uses invalid agent %s while agent %s is expected"
                            .formatted(agent, site.agent())),
            () ->
                when(
                    task.getKillPolicy().getGracePeriod().getNanoseconds() < 0,
                    "Task's 'kill_policy.grace_period' must be non-negative"),
            () ->
                when(
                    task.getMaxCompletionTime().getNanoseconds() < 0,
                    "Task's `max_completion_time` must be non-negative"),
            () ->
                task.hasCheck()
                    ? HealthChecks.of(task.getCheck())
                        .map(objection -> "Task uses invalid check: " + objection)
                    : Optional.empty(),
            () ->
                task.hasHealthCheck()
                    ? HealthChecks.of(task.getHealthCheck())
                        .map(objection -> "Task uses invalid health check: " + objection)
                    : Optional.empty(),
            () -> resources(task, site),
            () ->
                CommandCheck.command(task.getCommand())
                    .map(objection -> "Task's `CommandInfo` is invalid: " + objection),
            () ->
                task.hasCommand()
                    ? CommandCheck.root(task.getCommand(), site)
                    : Optional.empty(), // its executor is asked
            () ->
                when(
                    task.getSerializedSize() > LARGEST,
                    () ->
                        "Task is described by %s bytes, more than the %s that are allowed"
                            .formatted(task.getSerializedSize(), LARGEST)),
            () ->
                task.hasContainer()
                    ? CommandCheck.container(task.getContainer())
                        .map(objection -> "Task's `ContainerInfo` is invalid: " + objection)
                    : Optional.empty(),
            () -> limits(task)));
  }

  private static Optional<String> resources(TaskInfo task, Site site) {
    List<Resource> resources = task.getResourcesList();
    return Objections.first(
        List.of(
            () -> when(resources.isEmpty(), "Task uses no resources"),
            () ->
                ResourceCheck.objection(resources)
                    .map(objection -> "Task uses invalid resources: " + objection),
            () ->
                ResourceCheck.persistence(resources)
                    .map(objection -> "Task uses duplicate persistence ID: " + objection),
            () ->
                ResourceCheck.allocatedRoles(resources, site.role())
                    .map(objection -> "Invalid task resources: " + objection),
            () ->
                ResourceCheck.mixesRevocable(resources)
                    .map(
                        objection ->
                            "Task mixes revocable and non-revocable resources: " + objection)));
  }

  private static Optional<String> limits(TaskInfo task) {
    if (task.getLimitsCount() == 0) {
      return Optional.empty();
    }
    if (task.getLimitsMap().keySet().stream()
        .anyMatch(name -> !name.equals("cpus") && !name.equals("mem"))) {
      return Optional.of("Only cpus and mem may be included in a task's resource limits");
    }
    Optional<String> cpus = limit(task, "cpus", "CPU", "cpu");
    return cpus.isPresent() ? cpus : limit(task, "mem", "memory", "memory");
  }

  private static Optional<String> limit(TaskInfo task, String name, String what, String least) {
    if (!task.containsLimits(name)) {
      return Optional.empty();
    }
    double request =
        task.getResourcesList().stream()
            .filter(each -> each.getName().equals(name))
            .mapToDouble(each -> each.getScalar().getValue())
            .sum();
    if (request == 0) {
      return Optional.of(
          "When a %s limit is specified, a %s request must also be specified"
              .formatted(what, what));
    }
    return when(
        !(task.getLimitsOrThrow(name).getValue() >= request),
        () ->
            "The %s limit must be greater than or equal to the %s request".formatted(least, least));
  }

  private static Optional<String> executor(TaskInfo task, Site site, Resources left) {
    if (task.hasExecutor() == task.hasCommand()) {
      return Optional.of(
          "Task should have at least one (but not both) of CommandInfo or ExecutorInfo present");
    }
    List<Resource> total = new ArrayList<>(task.getResourcesList());
    boolean running = false;
    if (task.hasExecutor()) {
      Optional<String> objection = custom(task.getExecutor(), site);
      if (objection.isPresent()) {
        return objection;
      }
      objection = together(task, task.getExecutor());
      if (objection.isPresent()) {
        return objection;
      }
      running = site.executor(task.getExecutor().getExecutorId().getValue()).isPresent();
      if (!running) {
        total.addAll(task.getExecutor().getResourcesList());
      }
    }
    return enough(total, site, left, "task and its executor is");
  }

  private static Optional<String> custom(ExecutorInfo executor, Site site) {
    return Objections.first(
        List.of(
            () -> ExecutorCheck.objection(executor, site),
            () ->
                when(
                    executor.hasType() && executor.getType() != ExecutorInfo.Type.CUSTOM,
                    "'ExecutorInfo.type' must be 'CUSTOM'"),
            () -> when(!executor.hasCommand(), "'ExecutorInfo.command' must be set"),
            () ->
                when(
                    executor.getResourcesList().stream().anyMatch(Resource::hasShared),
                    () ->
                        "Executor resources %s should not contain any shared resources"
                            .formatted(ResourceForm.read(executor.getResourcesList()))),
            () -> ExecutorCheck.sharesCgroups(executor, "executor containers")));
  }

  private static Optional<String> together(TaskInfo task, ExecutorInfo executor) {
    List<Resource> both = new ArrayList<>(task.getResourcesList());
    both.addAll(executor.getResourcesList());
    return Objections.first(
        List.of(
            () -> ResourceCheck.objection(both),
            () -> overlap(task, executor),
            () ->
                ResourceCheck.persistence(both)
                    .map(
                        objection ->
                            "Task and its executor use duplicate persistence ID: " + objection),
            () ->
                ResourceCheck.mixesRevocable(both)
                    .map(
                        objection ->
                            "Task and its executor mix revocable and non-revocable resources: "
                                + objection)));
  }

  /** A port that both claim would be counted once. */
  private static Optional<String> overlap(TaskInfo task, ExecutorInfo executor) {
    Resources first = ResourceForm.read(task.getResourcesList()).filter(each -> !each.isScalar());
    Resources second =
        ResourceForm.read(executor.getResourcesList()).filter(each -> !each.isScalar());
    return when(
        overlap(first, second),
        () ->
            "There are overlapping resources in the task resources %s and executor resources %s"
                .formatted(first, second));
  }

  static boolean overlap(Resources first, Resources second) {
    return !first.minus(second).equals(first);
  }

  static Optional<String> enough(List<Resource> wanted, Site site, Resources left, String whose) {
    Resources total = ResourceForm.read(wanted);
    boolean otherRole =
        wanted.stream()
            .anyMatch(
                each ->
                    each.hasAllocationInfo()
                        && !each.getAllocationInfo().getRole().equals(site.role()));
    return when(
        otherRole || !left.contains(total) || overlapsItself(wanted),
        () ->
            "Total resources %s required by %s more than available %s"
                .formatted(total, whose, left));
  }

  /** The same port twice in one list. */
  private static boolean overlapsItself(List<Resource> wanted) {
    Resources sum = Resources.NONE;
    for (Resource each : wanted) {
      Resources one = ResourceForm.read(List.of(each)).filter(TaskCheck::isCountable);
      if (overlap(sum.filter(entry -> !entry.isScalar()), one)) {
        return true;
      }
      sum = sum.plus(one);
    }
    return false;
  }

  private static boolean isCountable(Entry entry) {
    return !entry.isScalar() && !entry.kind().isShared();
  }

  private static Optional<String> ownCgroup(TaskInfo task) {
    LinuxInfo linux = task.getContainer().getLinuxInfo();
    return when(
        linux.hasShareCgroups() && !linux.getShareCgroups(),
        "Only tasks in a task group may have 'share_cgroups' set to 'false'");
  }
}

package io.pilothouse.tasks;

import io.pilothouse.api.v1.AgentLaunch;
import io.pilothouse.mesos.v1.ExecutorInfo;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.TaskInfo;
import java.util.List;
import java.util.Optional;

/** What can be run here. What cannot is refused in words, and never run as something less. */
final class Supported {
  private Supported() {}

  /** Why a launch cannot be done; empty when it can. What one task lacks, its whole group does. */
  static Optional<String> objection(AgentLaunch launch) {
    Optional<ExecutorInfo> executor = TaskRecord.executor(launch);
    boolean own = executor.filter(each -> each.getType() != ExecutorInfo.Type.DEFAULT).isPresent();
    String what = executor.map(Supported::lacks).orElse("");
    for (TaskInfo each : launch.getTasksList()) {
      if (what.isEmpty()) {
        // what a framework's own executor can do is its matter; a sandbox that runs gets nothing
        // new
        what = own ? lacksInside(each) : lacks(each);
      }
    }
    return what.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "Failed to launch container: this agent does not support %s yet".formatted(what));
  }

  private static String lacks(ExecutorInfo executor) {
    if (executor.hasContainer()) {
      return "containers (ContainerInfo) of executors";
    }
    // it is no process that could use one, and its tasks would look for it in vain
    return executor.getType() == ExecutorInfo.Type.DEFAULT && hasVolume(executor.getResourcesList())
        ? "persistent volumes of the built-in executor (have its tasks use them)"
        : "";
  }

  private static boolean hasVolume(List<Resource> resources) {
    return resources.stream().anyMatch(each -> each.getDisk().hasPersistence());
  }

  private static String lacksInside(TaskInfo task) {
    return hasVolume(task.getResourcesList())
        ? "persistent volumes of tasks in an executor of the framework's (have the executor use them)"
        : "";
  }

  private static String lacks(TaskInfo task) {
    return task.hasContainer() ? "containers (ContainerInfo)" : "";
  }
}

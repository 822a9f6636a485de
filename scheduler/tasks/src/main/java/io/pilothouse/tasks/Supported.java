package io.pilothouse.tasks;

import static io.pilothouse.mesos.v1.ContainerInfo.Type.MESOS;

import io.pilothouse.api.v1.AgentLaunch;
import io.pilothouse.mesos.v1.ContainerInfo;
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
    Optional<String> what = executor.flatMap(Supported::ofExecutor);
    for (TaskInfo each : launch.getTasksList()) {
      if (what.isEmpty()) {
        // what a framework's own executor can do is its matter; a sandbox that runs gets nothing
        // new
        what =
            own
                ? inside(each)
                : Containment.objection(each.getContainer(), executor.isPresent())
                    .filter(any -> each.hasContainer());
      }
    }
    return what.map(each -> "Failed to launch container: " + each);
  }

  private static Optional<String> ofExecutor(ExecutorInfo executor) {
    if (executor.getType() != ExecutorInfo.Type.DEFAULT) {
      return Containment.objection(executor.getContainer(), false)
          .filter(any -> executor.hasContainer());
    }
    // it is no process that could use one, and its tasks would look for it in vain
    if (executor.hasContainer()
        && !executor.getContainer().equals(ContainerInfo.newBuilder().setType(MESOS).build())) {
      return Optional.of(
          "containers (ContainerInfo) of the built-in executor are not served by this agent: have"
              + " its tasks have containers");
    }
    return hasVolume(executor.getResourcesList())
        ? Optional.of(not("persistent volumes of the built-in executor (have its tasks use them)"))
        : Optional.empty();
  }

  private static String not(String what) {
    return "this agent does not support %s yet".formatted(what);
  }

  private static boolean hasVolume(List<Resource> resources) {
    return resources.stream().anyMatch(each -> each.getDisk().hasPersistence());
  }

  private static Optional<String> inside(TaskInfo task) {
    return hasVolume(task.getResourcesList())
        ? Optional.of(
            not(
                "persistent volumes of tasks in an executor of the framework's (have the executor"
                    + " use them)"))
        : Optional.empty();
  }
}

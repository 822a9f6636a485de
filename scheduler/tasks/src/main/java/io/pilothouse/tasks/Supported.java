package io.pilothouse.tasks;

import io.pilothouse.api.v1.AgentLaunch;
import io.pilothouse.mesos.v1.TaskInfo;
import java.util.Optional;

/** What can be run here. What cannot is refused in words, and never run as something less. */
final class Supported {
  private Supported() {}

  /** Why a launch cannot be done; empty when it can. */
  static Optional<String> objection(AgentLaunch launch) {
    TaskInfo task = launch.getTasks(0);
    String what =
        launch.getTasksCount() > 1 || launch.hasGroupExecutor()
            ? "task groups"
            : task.hasExecutor()
                ? "custom executors"
                : task.hasContainer()
                    ? "containers (ContainerInfo)"
                    : task.getCommand().getUrisCount() > 0
                        ? "fetching URIs"
                        : task.hasHealthCheck() || task.hasCheck() ? "checks" : "";
    return what.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "Failed to launch container: this agent does not support %s yet".formatted(what));
  }
}

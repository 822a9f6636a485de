package io.pilothouse.tasks;

import io.pilothouse.mesos.v1.CommandInfo;
import io.pilothouse.mesos.v1.Resource;
import java.nio.file.Path;
import java.util.List;

/**
 * Who is to be in a container: a task, or an executor that its framework brought.
 *
 * @param container that it has
 * @param meta directory for what the agent knows of it
 * @param sandbox where it may write
 * @param resources of its own
 */
record Occupant(
    String container, Path meta, Path sandbox, CommandInfo command, List<Resource> resources) {
  static Occupant of(TaskRecord task) {
    return new Occupant(
        task.container(),
        task.meta(),
        task.sandbox(),
        task.info().getCommand(),
        task.info().getResourcesList());
  }

  static Occupant of(ExecutorRecord executor) {
    return new Occupant(
        executor.container(),
        executor.meta(),
        executor.sandbox(),
        executor.info().getCommand(),
        executor.info().getResourcesList());
  }
}

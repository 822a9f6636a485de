package io.pilothouse.tasks;

import io.pilothouse.api.v1.AgentLaunch;
import io.pilothouse.filesync.DurableFiles;
import io.pilothouse.mesos.v1.AgentID;
import io.pilothouse.mesos.v1.ExecutorInfo;
import io.pilothouse.mesos.v1.FrameworkInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * One executor that a framework named, in {@code executors/CONTAINER/executor} from before anything
 * is started for it until it is over.
 *
 * @param launch its framework and, as {@code group_executor}, itself
 */
record ExecutorRecord(TaskDisk disk, String container, AgentLaunch launch, AgentID agent) {
  private static final String FILE = "executor";

  /** Mesos' own. */
  private static final Duration GRACE = Duration.ofSeconds(5);

  /** Writes a new one down. */
  static ExecutorRecord create(
      TaskDisk disk, String container, FrameworkInfo framework, ExecutorInfo info, AgentID agent)
      throws IOException {
    AgentLaunch launch =
        AgentLaunch.newBuilder().setFramework(framework).setGroupExecutor(info).build();
    ExecutorRecord made = new ExecutorRecord(disk, container, launch, agent);
    Files.createDirectories(made.meta());
    DurableFiles.replace(made.meta().resolve(FILE), launch.toByteArray());
    return made;
  }

  /** One that an agent before this one wrote down; empty when it did not come so far. */
  static Optional<ExecutorRecord> load(TaskDisk disk, String container, AgentID agent)
      throws IOException {
    Path file = disk.executors().resolve(container).resolve(FILE);
    return Files.isRegularFile(file)
        ? Optional.of(
            new ExecutorRecord(
                disk, container, AgentLaunch.parseFrom(Files.readAllBytes(file)), agent))
        : Optional.empty();
  }

  ExecutorInfo info() {
    return launch.getGroupExecutor();
  }

  FrameworkInfo frameworkInfo() {
    return launch.getFramework();
  }

  String framework() {
    return launch.getFramework().getId().getValue();
  }

  String id() {
    return info().getExecutorId().getValue();
  }

  Path meta() {
    return disk.executors().resolve(container);
  }

  Path sandbox() {
    return disk.sandbox(framework(), id(), container);
  }

  /** Between SHUTDOWN and KILL. */
  Duration grace() {
    return info().hasShutdownGracePeriod()
        ? Duration.ofNanos(info().getShutdownGracePeriod().getNanoseconds())
        : GRACE;
  }

  /** The machine's own, which needs no process of its own. */
  boolean isBuiltIn() {
    return info().getType() == ExecutorInfo.Type.DEFAULT;
  }

  /** It is over, and nobody needs to know of it. */
  void delete() throws IOException {
    DurableFiles.deleteTree(meta());
  }
}

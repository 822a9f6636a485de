package io.pilothouse.tasks;

import com.google.protobuf.ByteString;
import io.pilothouse.mesos.v1.AgentID;
import io.pilothouse.mesos.v1.ContainerID;
import io.pilothouse.mesos.v1.ContainerStatus;
import io.pilothouse.mesos.v1.ExecutorID;
import io.pilothouse.mesos.v1.TaskInfo;
import io.pilothouse.mesos.v1.TaskStatus;
import java.nio.ByteBuffer;
import java.util.UUID;

/** What every status of a task says. */
final class Statuses {
  private static final int UUID_BYTES = 16;

  private Statuses() {}

  /**
   * One of its own, to be acknowledged.
   *
   * @param seconds since the epoch
   */
  static TaskStatus.Builder of(TaskInfo task, AgentID agent, String container, double seconds) {
    UUID uuid = UUID.randomUUID();
    ByteBuffer bytes = ByteBuffer.allocate(UUID_BYTES);
    bytes.putLong(uuid.getMostSignificantBits()).putLong(uuid.getLeastSignificantBits()).flip();
    return TaskStatus.newBuilder()
        .setTaskId(task.getTaskId())
        .setAgentId(agent)
        .setExecutorId(ExecutorID.newBuilder().setValue(task.getTaskId().getValue()))
        .setTimestamp(seconds)
        .setUuid(ByteString.copyFrom(bytes))
        .setContainerStatus(
            ContainerStatus.newBuilder()
                .setContainerId(ContainerID.newBuilder().setValue(container)));
  }
}

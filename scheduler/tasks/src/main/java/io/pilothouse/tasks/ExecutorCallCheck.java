package io.pilothouse.tasks;

import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.mesos.v1.executor.Call;
import java.util.Optional;

/** Whether an executor's call has what its kind needs, in Mesos' order and words. */
final class ExecutorCallCheck {
  private static final int UUID_BYTES = 16;

  /** All statuses that wait are in memory, and an agent has little. */
  private static final int LARGEST_STATUS = 64 << 10;

  private static final int MOST_WAITING = 1000;
  private static final long MOST_WAITING_BYTES = 1 << 20;
  private static final long MOST_WAITING_OF_ALL = 6 << 20;

  private ExecutorCallCheck() {}

  static Optional<String> objection(Call call) {
    if (!call.hasType()) {
      return Optional.of("Expecting 'type' to be present");
    }
    return switch (call.getType()) {
      case SUBSCRIBE -> expect(call.hasSubscribe(), "subscribe");
      case UPDATE ->
          call.hasUpdate()
              ? update(
                  call.getUpdate().getStatus(),
                  call.getExecutorId().getValue(),
                  call.getFrameworkId().getValue())
              : expect(false, "update");
      case MESSAGE -> expect(call.hasMessage(), "message");
      case HEARTBEAT, UNKNOWN -> Optional.empty();
    };
  }

  /** Of a status that comes with SUBSCRIBE. */
  static Optional<String> objection(TaskStatus status, ExecutorRecord from) {
    return update(status, from.id(), from.framework()).or(() -> tooLarge(status));
  }

  private static Optional<String> update(TaskStatus status, String executor, String framework) {
    if (!status.hasUuid()) {
      return expect(false, "uuid");
    }
    if (status.getUuid().size() != UUID_BYTES) {
      return Optional.of("Not a valid UUID");
    }
    if (status.hasExecutorId() && !status.getExecutorId().getValue().equals(executor)) {
      return Optional.of(
          "ExecutorID in Call: %s does not match ExecutorID in TaskStatus: %s"
              .formatted(executor, status.getExecutorId().getValue()));
    }
    if (status.getSource() != TaskStatus.Source.SOURCE_EXECUTOR) {
      return Optional.of(
          "Received Call from executor %s of framework %s with invalid source, expecting"
                  .formatted(executor, framework)
              + " 'SOURCE_EXECUTOR'");
    }
    if (status.getState() == TaskState.TASK_STAGING) {
      return Optional.of(
          "Received TASK_STAGING from executor %s of framework %s which is not allowed"
              .formatted(executor, framework));
    }
    return Optional.empty();
  }

  static Optional<String> tooLarge(TaskStatus status) {
    int size = status.getSerializedSize();
    return size <= LARGEST_STATUS
        ? Optional.empty()
        : Optional.of("A status of %d bytes; at most %d are taken".formatted(size, LARGEST_STATUS));
  }

  /**
   * Why no other status of a task is taken now.
   *
   * @param waiting bytes of those of all tasks
   */
  static Optional<String> tooMany(UpdateLog updates, long waiting) {
    if (updates.unacknowledged() >= MOST_WAITING || updates.size() >= MOST_WAITING_BYTES) {
      return Optional.of(
          "%d statuses of the task wait for its framework's acknowledgement; come again"
              .formatted(updates.unacknowledged()));
    }
    return waiting < MOST_WAITING_OF_ALL
        ? Optional.empty()
        : Optional.of(
            "%d bytes of statuses on this machine wait for acknowledgements; come again"
                .formatted(waiting));
  }

  private static Optional<String> expect(boolean there, String field) {
    return there ? Optional.empty() : Optional.of("Expecting '" + field + "' to be present");
  }
}

package io.pilothouse.tasks;

import io.pilothouse.api.v1.AgentKill;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus;
import java.io.IOException;
import java.util.Collection;
import java.util.Optional;

/** Tasks that live and die together, where no executor of a framework's own sees to it. */
final class Groups {
  private Groups() {}

  /** One is over: if not well, so are the others of its group. */
  static void end(TaskRecord ended, Collection<Task> tasks) throws IOException {
    Optional<TaskState> state = ended.updates().latest().map(TaskStatus::getState);
    if (ended.group().isEmpty()
        || !ended.hasEnded()
        || state.filter(TaskState.TASK_FINISHED::equals).isPresent()) {
      return;
    }
    for (Task each : tasks) {
      boolean with = each instanceof CommandTask && each.record().group().equals(ended.group());
      if (with && !each.record().hasEnded() && !each.isToEnd()) {
        each.kill(
            AgentKill.newBuilder()
                .setFrameworkId(each.record().launch().getFramework().getId())
                .setTaskId(each.record().info().getTaskId())
                .setReason(
                    "Task '%s' of its group ended as %s"
                        .formatted(ended.id(), state.map(TaskState::name).orElse("")))
                .build());
      }
    }
  }
}

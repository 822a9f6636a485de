package io.pilothouse.scheduler.core;

import io.pilothouse.mesos.v1.AgentID;
import io.pilothouse.mesos.v1.FrameworkInfo;
import io.pilothouse.mesos.v1.TaskInfo;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.scheduler.wire.ResourceForm;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A task as it was at one moment, to be written later and on another thread.
 *
 * @param task of which only what never changes is read later
 * @param told the newest status that its framework was or is to be told
 */
record TaskLook(
    Task task,
    FrameworkInfo framework,
    AgentID agent,
    TaskState state,
    List<TaskStatus> statuses,
    @Nullable TaskStatus told) {

  static TaskLook of(Task task) {
    return new TaskLook(
        task,
        task.framework.info,
        task.agent.agentId(),
        task.state,
        List.copyOf(task.statuses()),
        task.told);
  }

  io.pilothouse.mesos.v1.Task message() {
    TaskInfo info = task.info;
    io.pilothouse.mesos.v1.Task.Builder message =
        io.pilothouse.mesos.v1.Task.newBuilder()
            .setName(info.getName())
            .setTaskId(info.getTaskId())
            .setFrameworkId(framework.getId())
            .setAgentId(agent)
            .setState(state)
            .addAllResources(ResourceForm.FULL.write(task.resources, task.role))
            .addAllStatuses(statuses)
            .putAllLimits(info.getLimitsMap())
            .setUser(
                info.getCommand().hasUser() ? info.getCommand().getUser() : framework.getUser());
    if (!task.executor.isEmpty()) {
      message.getExecutorIdBuilder().setValue(task.executor);
    }
    if (told != null) {
      message.setStatusUpdateState(told.getState()).setStatusUpdateUuid(told.getUuid());
    }
    if (info.hasLabels()) {
      message.setLabels(info.getLabels());
    }
    if (info.hasDiscovery()) {
      message.setDiscovery(info.getDiscovery());
    }
    if (info.hasContainer()) {
      message.setContainer(info.getContainer());
    }
    if (info.hasHealthCheck()) {
      message.setHealthCheck(info.getHealthCheck());
    }
    if (info.hasKillPolicy()) {
      message.setKillPolicy(info.getKillPolicy());
    }
    return message.build();
  }
}

package io.pilothouse.scheduler.core;

import static java.util.Objects.requireNonNull;

import io.pilothouse.api.v1.AgentLaunch;
import io.pilothouse.api.v1.AgentShutdownExecutor;
import io.pilothouse.api.v1.OfferableMachine;
import io.pilothouse.api.v1.SchedulerMessage;
import io.pilothouse.mesos.v1.ExecutorID;
import io.pilothouse.mesos.v1.ExecutorInfo;
import io.pilothouse.mesos.v1.TaskInfo;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus.Reason;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Launches go to their agents: at once, or when what they may use there is written down. A task
 * must not run on a volume that the next leader would know nothing of.
 */
final class Sending {
  private final Tables tables;
  private final Statuses statuses;

  Sending(Tables tables, Statuses statuses) {
    this.tables = tables;
    this.statuses = statuses;
  }

  /**
   * Of one framework on one agent; these tasks are known there.
   *
   * @param group the executor of a group; null: they are none
   * @param runs their executor does already, and its resources are counted: one that has ended
   *     meanwhile is not to be started again for them
   */
  void launch(
      Framework framework,
      Agent agent,
      List<TaskInfo> infos,
      @Nullable ExecutorInfo group,
      boolean runs) {
    if (agent.link == null) {
      throw new IllegalStateException("an offer outlived its agent's stream: " + agent.id);
    }
    if (!agent.requireRecord().isPending()) {
      send(framework, agent, infos, group, runs);
      return;
    }
    List<Task> tasks = new ArrayList<>();
    infos.forEach(
        info -> agent.task(framework.id, info.getTaskId().getValue()).ifPresent(tasks::add));
    tasks.forEach(task -> task.waiting = true);
    agent
        .requireRecord()
        .afterwards(
            () -> sendLater(framework, agent, infos, group, runs, tasks),
            why ->
                drop(
                    tasks,
                    Reason.REASON_RESOURCES_UNKNOWN,
                    "What the task was to use is not kept by the Device Manager: " + why));
  }

  /**
   * An executor is to end: told behind the launches to it that wait, since its agent would not know
   * it yet, and start it nevertheless when they come.
   */
  void shutDown(Framework framework, Agent agent, ExecutorID executor) {
    SchedulerMessage order =
        SchedulerMessage.newBuilder()
            .setShutdownExecutor(
                AgentShutdownExecutor.newBuilder()
                    .setFrameworkId(framework.frameworkId())
                    .setExecutorId(executor))
            .build();
    boolean waits =
        agent.tasks().stream()
            .anyMatch(
                each ->
                    each.waiting
                        && each.framework == framework
                        && each.executor.equals(executor.getValue()));
    if (waits) {
      agent.requireRecord().afterwards(() -> tell(agent, order), why -> {}); // they are dropped
    } else {
      tell(agent, order);
    }
  }

  private void tell(Agent agent, SchedulerMessage order) {
    if (agent.link != null && tables.agents.get(agent.id) == agent) {
      tables.outbox.toAgent(agent.link, order);
    }
  }

  private void send(
      Framework framework,
      Agent agent,
      List<TaskInfo> infos,
      @Nullable ExecutorInfo group,
      boolean runs) {
    AgentLaunch.Builder launch =
        AgentLaunch.newBuilder()
            .setFramework(framework.info)
            .addAllTasks(infos)
            .setExecutorRuns(runs);
    if (group != null) {
      launch.setGroupExecutor(group);
    }
    tables.outbox.toAgent(
        requireNonNull(agent.link), SchedulerMessage.newBuilder().setLaunch(launch).build());
  }

  /** Those that are still to run; an agent that went meanwhile tells by itself what it lacks. */
  private void sendLater(
      Framework framework,
      Agent agent,
      List<TaskInfo> infos,
      @Nullable ExecutorInfo group,
      boolean runs,
      List<Task> tasks) {
    tasks.forEach(task -> task.waiting = false);
    List<Task> wanted = tasks.stream().filter(Sending::isThere).toList();
    if (wanted.isEmpty() || agent.link == null || tables.agents.get(agent.id) != agent) {
      return;
    }
    @Nullable OfferableMachine view = agent.view;
    if (view == null) {
      drop(
          wanted,
          Reason.REASON_RESOURCES_UNKNOWN,
          "The Device Manager sets nothing of machine %s aside any more".formatted(agent.machine));
      return;
    }
    if (view.getTakenAt() > 0 && view.getTakenAt() <= tables.now) {
      // what it ran was told to end when its time came; nobody would tell these
      drop(
          wanted,
          Reason.REASON_AGENT_DRAINING,
          "machine %s is taken by %s".formatted(agent.machine, view.getTakenBy()));
      return;
    }
    List<TaskInfo> left =
        infos.stream()
            .filter(
                info -> wanted.stream().anyMatch(t -> t.id().equals(info.getTaskId().getValue())))
            .toList();
    send(framework, agent, left, group, runs);
    for (Task each : wanted) {
      if (each.kill != null) {
        statuses.send(agent, each.kill);
        each.kill = null;
      }
    }
  }

  private static boolean isThere(Task task) {
    return task.framework.tasks.get(task.id()) == task && !task.isOver();
  }

  private void drop(List<Task> tasks, Reason reason, String why) {
    for (Task each : tasks) {
      if (isThere(each)) {
        TaskState state = each.framework.orLost(TaskState.TASK_DROPPED);
        statuses.tell(each, state, reason, why);
        each.state = state;
        statuses.forget(each);
      }
    }
  }
}

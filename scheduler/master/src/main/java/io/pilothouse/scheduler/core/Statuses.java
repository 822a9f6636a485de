package io.pilothouse.scheduler.core;

import io.pilothouse.api.v1.AgentAcknowledge;
import io.pilothouse.api.v1.AgentKill;
import io.pilothouse.api.v1.AgentShutdownFramework;
import io.pilothouse.api.v1.AgentUpdate;
import io.pilothouse.api.v1.SchedulerMessage;
import io.pilothouse.mesos.v1.AgentID;
import io.pilothouse.mesos.v1.FrameworkID;
import io.pilothouse.mesos.v1.TaskID;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.mesos.v1.TaskStatus.Reason;
import io.pilothouse.mesos.v1.master.Event.TaskUpdated;
import io.pilothouse.mesos.v1.scheduler.Call;
import io.pilothouse.mesos.v1.scheduler.Event;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What frameworks are told of tasks, and what they say to it. */
final class Statuses {
  private static final Logger log = LoggerFactory.getLogger(Statuses.class);
  private static final int UUID_BYTES = 16;

  /** Of this scheduler's own making, for a framework that is away. */
  private static final int MISSED = 10_000;

  /**
   * Ms; to a framework that keeps its stream: of an agent's repeats (10, 30, 70 s) the first is not
   * told.
   */
  static final long TELL_AGAIN = 25_000;

  private final Tables tables;

  Statuses(Tables tables) {
    this.tables = tables;
  }

  /** An agent tells of a task, for the first time or again. */
  void update(Agent agent, AgentUpdate update) {
    TaskStatus status = update.getStatus();
    if (status.getUuid().size() != UUID_BYTES) {
      log.warn(
          "Agent {} on {} sends a status of task {} without a uuid of 16 bytes; ignored",
          agent.id,
          agent.machine,
          status.getTaskId().getValue());
      return;
    }
    String id = update.getFrameworkId().getValue();
    @Nullable Framework framework = tables.frameworks.get(id);
    if (framework == null) {
      late(agent, id, update);
      return;
    }
    tables.counts.updates++;
    @Nullable Task task = agent.task(id, status.getTaskId().getValue()).orElse(null);
    boolean underWay = task != null && task.isTold(status.getUuid()) && isUnderWay(task);
    if (task != null) {
      note(task, status, update.getLatestState());
    }
    if (underWay) {
      return;
    }
    if (task != null) {
      toldNow(task);
    }
    tables.tell(
        framework,
        Event.newBuilder()
            .setType(Event.Type.UPDATE)
            .setUpdate(Event.Update.newBuilder().setStatus(status)));
  }

  /** Its framework has ended: nobody is told, and what it had is free once nothing of it runs. */
  private void late(Agent agent, String framework, AgentUpdate update) {
    @Nullable Task task =
        agent.task(framework, update.getStatus().getTaskId().getValue()).orElse(null);
    if (task != null && Task.isTerminal(state(update.getStatus(), update.getLatestState()))) {
      forget(task);
    } else if (tables.isEnded(framework)) {
      shutDown(agent, framework); // it does not know yet
    }
  }

  /**
   * The framework was told over the stream that it still has, and has not answered yet: it has more
   * to do than it can. To be told again would give it even more, until it does nothing else.
   */
  private boolean isUnderWay(Task task) {
    return !task.acknowledged
        && task.framework.stream != null
        && task.framework.stream.equals(task.toldOver)
        && tables.now - task.toldAt < TELL_AGAIN;
  }

  private void toldNow(Task task) {
    task.toldOver = task.framework.stream;
    task.toldAt = tables.now;
  }

  /** What a status says, unless the task has ended since. */
  private static TaskState state(TaskStatus status, int latestNumber) {
    @Nullable TaskState latest = TaskState.forNumber(latestNumber);
    return latest != null && Task.isTerminal(latest) ? latest : status.getState();
  }

  private void note(Task task, TaskStatus status, int latestNumber) {
    task.told = status;
    task.acknowledged = false;
    task.note(status);
    if (!task.isOver()) {
      task.state = state(status, latestNumber);
    }
    if (!task.isOver() || status.getSource() == TaskStatus.Source.SOURCE_EXECUTOR) {
      task.agent.show(task.framework.id, task.executor); // it said so, or runs what is not over
    }
    if (task.isOver()) {
      release(task);
    }
    if (!tables.outbox.operatorsListen()) {
      return; // most of the time; an event takes as long to make as the rest of a status
    }
    tables.tellOperators(
        io.pilothouse.mesos.v1.master.Event.newBuilder()
            .setType(io.pilothouse.mesos.v1.master.Event.Type.TASK_UPDATED)
            .setTaskUpdated(
                TaskUpdated.newBuilder()
                    .setFrameworkId(task.framework.frameworkId())
                    .setStatus(status)
                    .setState(task.state)));
  }

  /** What it had is free, though its end may still have to be told. */
  void release(Task task) {
    if (task.holding) {
      task.holding = false;
      tables.allocator.recover(task.allocation(), OptionalLong.empty(), tables.now);
      task.agent
          .executor(task.framework.id, task.executor)
          .filter(executor -> !executor.shown && !task.agent.needs(executor))
          .ifPresent(executor -> neverStarted(task.agent, executor));
    }
  }

  /** All its tasks are over and its agent has never shown it: nobody will tell of its end. */
  private void neverStarted(Agent agent, Executor executor) {
    agent.removeExecutor(executor.framework().id, executor.id());
    tables.allocator.recover(executor.allocation(), OptionalLong.empty(), tables.now);
  }

  /** It is over and acknowledged, or nobody is left to be told. */
  void forget(Task task) {
    release(task);
    task.framework.tasks.remove(task.id(), task);
    task.agent.remove(task);
    task.framework.complete(task, tables.options.most().completedTasks());
  }

  void acknowledge(Framework framework, Call.Acknowledge call) {
    @Nullable Agent agent = tables.agents.get(call.getAgentId().getValue());
    @Nullable Task task = framework.tasks.get(call.getTaskId().getValue());
    boolean isNewest = task != null && task.agent == agent && task.isTold(call.getUuid());
    if (agent == null || agent.link == null) {
      if (task != null && isNewest) {
        task.toldOver = null; // the agent will send its status again, and it is told again
      }
      return;
    }
    if (task != null && isNewest) {
      task.acknowledged = true;
      if (Task.isTerminal(task.toldState())) {
        forget(task);
      }
    }
    tables.counts.acknowledged++;
    tables.outbox.toAgent(
        agent.link,
        SchedulerMessage.newBuilder()
            .setAcknowledge(
                AgentAcknowledge.newBuilder()
                    .setFrameworkId(framework.frameworkId())
                    .setTaskId(call.getTaskId())
                    .setUuid(call.getUuid()))
            .build());
  }

  void kill(Framework framework, Call.Kill call) {
    @Nullable Task task = framework.tasks.get(call.getTaskId().getValue());
    if (task == null) {
      Call.Reconcile.Task.Builder asked =
          Call.Reconcile.Task.newBuilder().setTaskId(call.getTaskId());
      if (call.hasAgentId()) {
        asked.setAgentId(call.getAgentId());
      }
      explain(framework, asked.build());
      return;
    }
    if (call.hasAgentId() && !call.getAgentId().getValue().equals(task.agent.id)) {
      log.info(
          "Framework {} would kill task {} on agent {}, but it is on {}; ignored",
          framework.id,
          task.id(),
          call.getAgentId().getValue(),
          task.agent.id);
      return;
    }
    AgentKill.Builder kill = kill(task);
    if (call.hasKillPolicy()) {
      kill.setKillPolicy(call.getKillPolicy());
    }
    task.agent.kills.put(task, kill.build());
    kill(task, kill.build());
  }

  private static AgentKill.Builder kill(Task task) {
    return AgentKill.newBuilder()
        .setFrameworkId(task.framework.frameworkId())
        .setTaskId(task.info.getTaskId());
  }

  /** It is to end though its framework has not asked for that, with its own grace. */
  void kill(Task task, String reason, int number) {
    kill(task, kill(task).setReason(reason).setReasonNumber(number).build());
  }

  /** An agent is told after it knows the task. */
  void kill(Task task, AgentKill kill) {
    if (task.waiting) {
      task.kill = kill;
    } else {
      send(task.agent, kill);
    }
  }

  /** An agent that is away is told when it is back. */
  void send(Agent agent, AgentKill kill) {
    if (agent.link != null) {
      tables.outbox.toAgent(agent.link, SchedulerMessage.newBuilder().setKill(kill).build());
    }
  }

  void shutDown(Agent agent, String framework) {
    if (agent.link != null) {
      tables.outbox.toAgent(
          agent.link,
          SchedulerMessage.newBuilder()
              .setShutdownFramework(
                  AgentShutdownFramework.newBuilder()
                      .setFrameworkId(FrameworkID.newBuilder().setValue(framework)))
              .build());
    }
  }

  void reconcile(Framework framework, Call.Reconcile call) {
    if (call.getTasksCount() == 0) {
      framework.tasks.values().forEach(task -> tables.tell(framework, event(latest(task))));
    } else {
      call.getTasksList().forEach(each -> explain(framework, each));
    }
  }

  private void explain(Framework framework, Call.Reconcile.Task asked) {
    @Nullable Task task = framework.tasks.get(asked.getTaskId().getValue());
    String agent = asked.getAgentId().getValue();
    if (task != null) {
      tables.tell(framework, event(latest(task)));
    } else if (asked.hasAgentId() && tables.agents.containsKey(agent)) {
      answer(framework, asked, TaskState.TASK_GONE, "Task is unknown to the agent");
    } else if (asked.hasAgentId() && tables.unreachable.containsKey(agent)) {
      unreachable(framework, asked, tables.unreachable.get(agent));
    } else if (framework.unreachable.containsKey(asked.getTaskId().getValue())) {
      String on = framework.unreachable.get(asked.getTaskId().getValue()).agent.id;
      unreachable(framework, asked, tables.unreachable.getOrDefault(on, tables.now));
    } else if (!mayCome(asked)) {
      answer(framework, asked, TaskState.TASK_UNKNOWN, "Task is unknown");
    }
    // else it may still run, and whoever is told that it is lost starts another one
  }

  /**
   * Its agent is expected; or it is not said which one it is on, and there are such. At first any
   * may come: the list may be of a backup, or of before there was one.
   */
  private boolean mayCome(Call.Reconcile.Task asked) {
    if (tables.now < tables.listedBy) {
      return true;
    }
    return asked.hasAgentId()
        ? tables.expected.containsKey(asked.getAgentId().getValue())
        : !tables.expected.isEmpty();
  }

  private void unreachable(Framework framework, Call.Reconcile.Task asked, long since) {
    TaskStatus.Builder status =
        answer(framework.orLost(TaskState.TASK_UNREACHABLE), asked, "Task is unreachable");
    status.getUnreachableTimeBuilder().setNanoseconds(since * 1_000_000);
    tables.tell(framework, event(status));
  }

  private void answer(
      Framework framework, Call.Reconcile.Task asked, TaskState state, String what) {
    tables.tell(framework, event(answer(framework.orLost(state), asked, what)));
  }

  private TaskStatus.Builder answer(TaskState state, Call.Reconcile.Task asked, String what) {
    TaskStatus.Builder status =
        status(asked.getTaskId(), state, Reason.REASON_RECONCILIATION, "Reconciliation: " + what);
    return asked.hasAgentId() ? status.setAgentId(asked.getAgentId()) : status;
  }

  private TaskStatus.Builder latest(Task task) {
    TaskStatus.Builder status =
        status(
                task.info.getTaskId(),
                task.toldState(),
                Reason.REASON_RECONCILIATION,
                "Reconciliation: Latest task state")
            .setAgentId(task.agent.agentId());
    return withDetails(task, status);
  }

  /** What its newest status said beside the state. */
  private static TaskStatus.Builder withDetails(Task task, TaskStatus.Builder status) {
    if (!task.executor.isEmpty()) {
      status.getExecutorIdBuilder().setValue(task.executor);
    }
    @Nullable TaskStatus latest = task.latest();
    if (latest != null) {
      if (latest.hasHealthy()) {
        status.setHealthy(latest.getHealthy());
      }
      if (latest.hasCheckStatus()) {
        status.setCheckStatus(latest.getCheckStatus());
      }
      if (latest.hasContainerStatus()) {
        status.setContainerStatus(latest.getContainerStatus());
      }
    }
    return status;
  }

  /** A task that this scheduler itself knows to be so; nobody acknowledges that. */
  void tell(Task task, TaskState state, Reason reason, String message) {
    TaskStatus.Builder status =
        status(task.info.getTaskId(), state, reason, message).setAgentId(task.agent.agentId());
    if (state == TaskState.TASK_UNREACHABLE
        || (state == TaskState.TASK_LOST && reason == Reason.REASON_AGENT_REMOVED)) {
      status.getUnreachableTimeBuilder().setNanoseconds(tables.now * 1_000_000);
    }
    tell(task.framework, withDetails(task, status));
    task.note(status.build());
  }

  /** A task that was never launched. */
  void refuse(
      Framework framework, TaskID task, AgentID agent, TaskState state, Reason why, String text) {
    tables.counts.refusedTasks++;
    tell(framework, status(task, state, why, text).setAgentId(agent));
  }

  private void tell(Framework framework, TaskStatus.Builder status) {
    Event.Builder event = event(status);
    if (framework.stream == null && framework.missed.size() < MISSED) {
      framework.missed.add(event.build());
    }
    tables.tell(framework, event);
  }

  /** After it has subscribed: all that it may not have seen. */
  void tellAgain(Framework framework) {
    tables.operations.tellAgain(framework);
    for (Event missed : framework.missed) {
      tables.tell(framework, missed.toBuilder());
    }
    framework.missed.clear();
    for (Task task : framework.tasks.values()) {
      if (task.told != null && !task.acknowledged) {
        toldNow(task);
        tables.tell(
            framework,
            Event.newBuilder()
                .setType(Event.Type.UPDATE)
                .setUpdate(Event.Update.newBuilder().setStatus(task.told)));
      }
    }
  }

  private TaskStatus.Builder status(TaskID task, TaskState state, Reason reason, String message) {
    return TaskStatus.newBuilder()
        .setTaskId(task)
        .setState(state)
        .setSource(TaskStatus.Source.SOURCE_MASTER)
        .setReason(reason)
        .setMessage(message)
        .setTimestamp(tables.now / 1000.0);
  }

  private static Event.Builder event(TaskStatus.Builder status) {
    return Event.newBuilder()
        .setType(Event.Type.UPDATE)
        .setUpdate(Event.Update.newBuilder().setStatus(status));
  }
}

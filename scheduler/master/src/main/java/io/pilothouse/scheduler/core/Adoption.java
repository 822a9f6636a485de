package io.pilothouse.scheduler.core;

import io.pilothouse.api.v1.AgentRegister;
import io.pilothouse.api.v1.RunningExecutor;
import io.pilothouse.api.v1.RunningTask;
import io.pilothouse.mesos.v1.FrameworkID;
import io.pilothouse.mesos.v1.FrameworkInfo;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.TaskID;
import io.pilothouse.mesos.v1.TaskInfo;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus.Reason;
import io.pilothouse.scheduler.validation.FrameworkCheck;
import io.pilothouse.scheduler.validation.Ids;
import io.pilothouse.scheduler.validation.Objections;
import io.pilothouse.scheduler.validation.ResourceCheck;
import io.pilothouse.scheduler.validation.RoleNames;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What an agent runs when it registers, held against what was thought to run there. */
final class Adoption {
  private static final Logger log = LoggerFactory.getLogger(Adoption.class);

  private final Tables tables;
  private final Statuses statuses;
  private final Frameworks frameworks;

  Adoption(Tables tables, Statuses statuses, Frameworks frameworks) {
    this.tables = tables;
    this.statuses = statuses;
    this.frameworks = frameworks;
  }

  /** The allocator does not have the agent yet, and gets what is found here. */
  void adopt(Agent agent, AgentRegister register) {
    Set<String> unwanted = frameworks(register);
    Map<String, Framework> over = new HashMap<>();
    Set<Task> running = new HashSet<>();
    for (RunningTask each : register.getTasksList()) {
      adopt(agent, framework(each.getFrameworkId(), unwanted, over), each).ifPresent(running::add);
    }
    Set<Executor> executors = new HashSet<>();
    for (RunningExecutor each : register.getExecutorsList()) {
      adopt(agent, framework(each.getFrameworkId(), unwanted, over), each)
          .ifPresent(executors::add);
    }
    for (Executor each : agent.executors()) {
      if (!executors.contains(each)) {
        agent.removeExecutor(each.framework().id, each.id());
      }
    }
    for (Task each : agent.tasks()) {
      if (!running.contains(each)) {
        lost(each);
      }
    }
    unwanted.forEach(id -> statuses.shutDown(agent, id));
    agent.kills.forEach(statuses::kill);
    unreachableNoMore(agent);
  }

  /**
   * Whose something is. One that is over, or cannot be, is unwanted: what runs of it is ended, and
   * has what it has until then.
   *
   * @param over one for each id, however much runs of it
   */
  private Framework framework(FrameworkID id, Set<String> unwanted, Map<String, Framework> over) {
    @Nullable Framework known = tables.frameworks.get(id.getValue());
    if (known != null) {
      return known;
    }
    unwanted.add(id.getValue());
    return over.computeIfAbsent(id.getValue(), this::ended);
  }

  private Framework ended(String id) {
    FrameworkInfo nothing = FrameworkInfo.newBuilder().setUser("").setName("").build();
    Framework ended = new Framework(id, nothing, tables.now);
    ended.unregistered = tables.now;
    return ended;
  }

  /** What was unreachable on its machine, and is not among what runs there, never will be again. */
  private void unreachableNoMore(Agent agent) {
    for (Framework framework : tables.frameworks.values()) {
      List<Task> there =
          framework.unreachable.values().stream()
              .filter(each -> each.agent.machine.equals(agent.machine))
              .toList();
      for (Task each : there) {
        framework.unreachable.remove(each.id());
        gone(each, agent);
      }
    }
  }

  private void gone(Task task, Agent agent) {
    tables.unreachable.remove(task.agent.id);
    if (!task.isOver()) { // else it was told as lost
      boolean anew = !task.agent.id.equals(agent.id);
      task.state = task.framework.orLost(TaskState.TASK_GONE);
      statuses.tell(
          task,
          task.state,
          anew ? Reason.REASON_AGENT_REMOVED : Reason.REASON_RECONCILIATION,
          anew
              ? "Agent %s on %s is gone: the machine was made anew as agent %s"
                  .formatted(task.agent.id, agent.machine, agent.id)
              : "Task is unknown to agent %s on %s".formatted(agent.id, agent.machine));
    }
    task.framework.complete(task, tables.options.most().completedTasks());
  }

  /**
   * Those that are new here are known from now on, as far as something of them runs: an agent's
   * word is enough for that, and is not written down. Returned are those that are over.
   */
  private Set<String> frameworks(AgentRegister register) {
    Set<String> running = new HashSet<>();
    register.getTasksList().forEach(each -> running.add(each.getFrameworkId().getValue()));
    register.getExecutorsList().forEach(each -> running.add(each.getFrameworkId().getValue()));
    Set<String> unwanted = new LinkedHashSet<>();
    for (FrameworkInfo each : register.getFrameworksList()) {
      String id = each.getId().getValue();
      if (tables.isEnded(id)) {
        unwanted.add(id);
      } else if (!tables.frameworks.containsKey(id) && running.contains(id)) {
        objection(each)
            .ifPresentOrElse(
                why ->
                    log.error(
                        "Agent of {} runs tasks of framework '{}', which are killed: {}",
                        register.getAgent().getHostname(),
                        id,
                        why),
                () -> frameworks.recover(each, tables.now));
      }
    }
    return unwanted;
  }

  private static Optional<String> objection(FrameworkInfo info) {
    return Ids.objection(info.getId().getValue())
        .or(() -> FrameworkCheck.objection(info))
        .or(() -> SubscriptionRules.malformed(info));
  }

  private static Optional<String> objection(List<Resource> resources) {
    return ResourceCheck.objection(resources)
        .or(() -> RoleNames.objection(Task.role(resources, "*")));
  }

  private Optional<Task> adopt(Agent agent, Framework framework, RunningTask running) {
    TaskID id = running.getTask().getTaskId();
    Optional<String> objection =
        Objections.when(!running.hasTask(), "it does not say which")
            .or(() -> objection(running.getTask().getResourcesList()));
    if (objection.isPresent()) {
      log.error("Agent {} runs task {}: {}", agent.id, id.getValue(), objection.get());
      return Optional.empty();
    }
    if (framework.ended()) {
      return Optional.of(ending(agent, framework, running));
    }
    @Nullable Task known = framework.tasks.get(id.getValue());
    if (known != null && known.agent != agent) {
      log.warn(
          "Task {} of framework {} runs on agent {} and on agent {}; the later is killed",
          id.getValue(),
          framework.id,
          known.agent.id,
          agent.id);
      kill(agent, framework, id);
      return Optional.empty();
    }
    boolean wasUnreachable = framework.unreachable.remove(id.getValue()) != null;
    Task task = known != null ? known : brought(agent, framework, running);
    if (known == null) {
      framework.tasks.put(task.id(), task);
      agent.add(task);
    }
    if (running.hasLatest() && !(task.isOver() && known != null)) {
      task.state = running.getLatest().getState();
      task.note(running.getLatest());
    }
    task.holding = !task.isOver();
    if (wasUnreachable && !task.isOver()) {
      statuses.tell(
          task,
          task.state,
          Reason.REASON_AGENT_REREGISTERED,
          "Agent %s on %s is back".formatted(agent.id, agent.machine));
    }
    return Optional.of(task);
  }

  private static Task brought(Agent agent, Framework framework, RunningTask running) {
    return new Task(
        framework,
        agent,
        running.getTask(),
        running.getTask().getExecutor().getExecutorId().getValue(),
        Task.role(running.getTask().getResourcesList(), framework.soleRole()));
  }

  /** Its framework is over, and so is it for people; its machine has not done with it yet. */
  private static Task ending(Agent agent, Framework framework, RunningTask running) {
    Task task =
        agent
            .task(framework.id, running.getTask().getTaskId().getValue())
            .orElseGet(() -> brought(agent, framework, running));
    task.state = TaskState.TASK_KILLED;
    task.holding = !Task.isTerminal(running.getLatest().getState());
    agent.add(task);
    return task;
  }

  private void kill(Agent agent, Framework framework, TaskID id) {
    Task twin =
        new Task(
            framework,
            agent,
            TaskInfo.newBuilder().setName("").setTaskId(id).setAgentId(agent.agentId()).build(),
            "",
            framework.soleRole());
    statuses.kill(twin, "a task of this id runs on another machine", 0);
  }

  private static Optional<Executor> adopt(
      Agent agent, Framework framework, RunningExecutor running) {
    String id = running.getExecutor().getExecutorId().getValue();
    Optional<String> objection =
        Objections.when(!running.hasExecutor(), "it does not say which")
            .or(() -> objection(running.getExecutor().getResourcesList()));
    if (objection.isPresent()) {
      log.error("Agent {} runs executor {}: {}", agent.id, id, objection.get());
      return Optional.empty();
    }
    Optional<Executor> known = agent.executor(framework.id, id);
    if (known.isPresent()) {
      known.get().shown = true;
      return known;
    }
    Executor executor =
        new Executor(
            framework,
            agent,
            Task.role(running.getExecutor().getResourcesList(), framework.soleRole()),
            running.getExecutor().toBuilder()
                .setFrameworkId(FrameworkID.newBuilder().setValue(framework.id))
                .build());
    executor.shown = true;
    agent.add(executor);
    return Optional.of(executor);
  }

  /** Its launch never arrived, or it is over and that has been acknowledged. */
  private void lost(Task task) {
    task.holding = false; // the allocator gets the agent anew, without it
    if (!task.isOver()) {
      TaskState state = task.framework.orLost(TaskState.TASK_DROPPED);
      statuses.tell(
          task,
          state,
          Reason.REASON_RECONCILIATION,
          "Task is unknown to agent %s on %s".formatted(task.agent.id, task.agent.machine));
      task.state = state;
    }
    statuses.forget(task);
  }
}

package io.pilothouse.scheduler.core;

import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.scheduler.core.UnansweredException.Why;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Which agent has the sandbox of a task, and how it calls it. Changes nothing. */
final class Whereabouts {
  private final Tables tables;
  private final Finder finder;

  Whereabouts(Tables tables) {
    this.tables = tables;
    this.finder = new Finder(tables);
  }

  /**
   * Of a task that is known here.
   *
   * @param framework id or name; empty: the only one that has the task
   * @param container the run that is meant; empty: the one that is known
   */
  SandboxPlace of(String task, String framework, String container) {
    Optional<Framework> whose =
        framework.isEmpty() ? Optional.empty() : Optional.of(finder.framework(framework));
    return of(finder.task(task, whose), container);
  }

  /** Of a command task, or an executor of this id, that is known here; empty: neither. */
  Optional<SandboxPlace> ofExecutor(String framework, String executor, String container) {
    @Nullable Framework found = tables.frameworks.get(framework);
    if (found == null) {
      found = tables.completed.get(framework);
    }
    if (found == null) {
      return Optional.empty();
    }
    return Stream.concat(
            Stream.concat(found.tasks.values().stream(), found.unreachable.values().stream()),
            found.completed.reversed().stream())
        .filter(each -> executor(each).equals(executor))
        .findFirst()
        .map(each -> place(agent(each), framework, executor, executor, container, false));
  }

  /**
   * Of whatever ran on a machine, known here or not: after a change of leaders what was over before
   * is not.
   */
  SandboxPlace on(String machine, String framework, String executor, String container) {
    if (framework.isEmpty()) {
      throw new UnansweredException(
          Why.NOT_CLEAR, "whose? with a machine the framework's id must be said, too");
    }
    if (executor.isEmpty()) {
      throw new UnansweredException(Why.NOT_CLEAR, "which task? say its id");
    }
    @Nullable Agent agent = tables.byMachine.get(machine);
    if (agent == null) {
      throw new UnansweredException(
          Why.NOT_FOUND,
          "no agent of a machine '%s' is registered%s"
              .formatted(
                  Bounded.text(machine), Near.hint(machine, tables.byMachine.keySet().stream())));
    }
    return place(agent, id(framework), executor, executor, container, true);
  }

  /** Of one that is known; else what was said is taken for an id. */
  private String id(String framework) {
    try {
      return finder.framework(framework).id;
    } catch (UnansweredException e) {
      if (e.why() == Why.NOT_FOUND) {
        return framework;
      }
      throw e;
    }
  }

  /** The same, by the agent's id. */
  SandboxPlace onAgent(String id, String framework, String executor, String container) {
    @Nullable Agent agent = tables.agents.get(id);
    if (agent == null) {
      throw new UnansweredException(
          Why.NOT_FOUND, "no agent '%s' is registered".formatted(Bounded.text(id)));
    }
    return place(agent, framework, executor, executor, container, true);
  }

  private SandboxPlace of(Task task, String container) {
    @Nullable TaskStatus latest = task.latest();
    String known = latest == null ? "" : latest.getContainerStatus().getContainerId().getValue();
    String run = container.isEmpty() ? known : container;
    // of an id that was used again, the run before is over
    boolean over = task.isOver() || task.framework.ended() || !run.equals(known);
    return place(agent(task), task.framework.id, executor(task), task.id(), run, over);
  }

  private static String executor(Task task) {
    return task.executor.isEmpty() ? task.id() : task.executor;
  }

  /** The one that has the task's machine now, if it is still the one that had the task. */
  private Agent agent(Task task) {
    @Nullable Agent agent = tables.agents.get(task.agent.id);
    if (agent != null) {
      return agent;
    }
    @Nullable Agent other = tables.byMachine.get(task.agent.machine);
    if (other != null) {
      throw new UnansweredException(
          Why.NOT_FOUND,
          ("machine %s was set up anew after task '%s' (its agent is %s now, and was %s): its"
                  + " sandbox is gone")
              .formatted(task.agent.machine, Bounded.text(task.id()), other.id, task.agent.id));
    }
    throw away(task.agent.machine, "is not registered");
  }

  private static UnansweredException away(String machine, String why) {
    return new UnansweredException(
        Why.REFUSED,
        "the agent of machine %s %s: what is on its disk cannot be read now"
            .formatted(machine, why));
  }

  private static SandboxPlace place(
      Agent agent, String framework, String executor, String task, String container, boolean over) {
    AgentLink link = agent.link;
    if (link == null) {
      throw away(agent.machine, "is not connected");
    }
    return new SandboxPlace(link, agent.machine, framework, executor, task, container, over);
  }
}

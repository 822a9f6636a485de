package io.pilothouse.scheduler.core;

import io.pilothouse.mesos.v1.TaskStatus;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What happened to a task, oldest first, and what comes next; a sentence each. */
final class TaskStory {
  private final Tables tables;
  private final Task task;
  private final Agent agent;
  private final List<String> lines = new ArrayList<>();

  TaskStory(Tables tables, Task task) {
    this.tables = tables;
    this.task = task;
    this.agent = task.agent;
  }

  List<String> lines() {
    launch();
    task.statuses().forEach(each -> lines.add(status(each)));
    boolean live = !task.isOver() && !task.framework.ended();
    if (task.told != null && !task.acknowledged && !task.framework.ended()) {
      lines.add(
          "%s is not acknowledged: its agent sends it again, every 10 s to 10 min, until the"
                  .formatted(task.told.getState())
              + " framework has acknowledged it");
    }
    if (live && isThere()) {
      connection();
      taken();
      if (agent.kills.containsKey(task)) {
        lines.add("the framework has asked for its end (KILL)");
      }
    }
    lines.add("next: " + next());
    return lines;
  }

  private void launch() {
    String who =
        "framework %s '%s' in role %s on machine %s (agent %s), with %s"
            .formatted(
                task.framework.id,
                Bounded.text(task.framework.info.getName()),
                task.role,
                agent.machine,
                agent.id,
                task.resources);
    lines.add(
        task.launched > 0
            ? "%s: launched by %s".formatted(at(task.launched), who)
            : "launched by %s; when is not known: its agent brought it".formatted(who));
  }

  private static String status(TaskStatus status) {
    StringBuilder line = new StringBuilder();
    if (status.hasTimestamp()) {
      line.append(at(Views.millis(status))).append(": ");
    }
    line.append(status.getState());
    if (status.hasSource()) {
      line.append(", says ").append(source(status.getSource()));
    }
    if (status.hasReason()) {
      line.append(", ").append(status.getReason());
    }
    if (!status.getMessage().isEmpty()) {
      line.append(": ").append(Bounded.text(status.getMessage()));
    }
    return line.toString();
  }

  private static String source(TaskStatus.Source source) {
    return switch (source) {
      case SOURCE_MASTER -> "the scheduler";
      case SOURCE_AGENT -> "the agent";
      case SOURCE_EXECUTOR -> "the executor";
    };
  }

  /** Its agent is the one that is registered, not an earlier one of the machine. */
  private boolean isThere() {
    return tables.agents.get(agent.id) == agent;
  }

  private void connection() {
    if (agent.link == null) {
      lines.add(
          ("machine %s is not connected since at most %s; after %d s without a word from it its"
                  + " tasks are told as unreachable")
              .formatted(agent.machine, at(agent.heard), tables.options.silence() / 1000));
    }
  }

  private void taken() {
    if (agent.view == null || agent.view.getTakenAt() == 0) {
      return;
    }
    @Nullable Boolean answer = tables.allocator.inverseAnswers(agent.id).get(task.framework.id);
    String asked;
    if (answer != null) {
      asked =
          answer ? "the framework agrees" : "the framework does not agree, which changes nothing";
    } else if (tables.inverse.waitsFor(task.framework, agent)) {
      asked = "the framework has been asked for it (inverse offer) and has not answered";
    } else {
      asked = "the framework has not been asked for it yet";
    }
    lines.add(
        "machine %s is taken by %s at %s; %s"
            .formatted(agent.machine, agent.view.getTakenBy(), at(agent.view.getTakenAt()), asked));
    if (agent.emptied) {
      lines.add("the deadline has passed: its agent has been told to kill it, with its own grace");
    }
  }

  private String next() {
    if (task.framework.ended()) {
      return task.holding && isThere()
          ? "its framework has ended; what it used is free when its agent says that it ended, too"
          : "nothing; its framework has ended";
    }
    if (task.framework.unreachable.get(task.id()) == task) {
      return "when its machine is back and it still runs, the framework is told so; the Device"
          + " Manager repairs the machine by its own rules";
    }
    if (task.isOver()) {
      return task.told == null || task.acknowledged
          ? "nothing; it is over, and only kept to be looked at"
          : "the framework acknowledges its end; what it used is free already";
    }
    if (agent.link == null) {
      return "its agent connects again and tells what it runs, or is given up";
    }
    if (agent.emptied || agent.kills.containsKey(task)) {
      return "its agent tells how it ended";
    }
    if (agent.view != null && agent.view.getTakenAt() > 0) {
      return "it is killed at %s unless it ends before".formatted(at(agent.view.getTakenAt()));
    }
    return switch (task.state) {
      case TASK_STAGING -> "its agent makes the sandbox and starts it";
      case TASK_STARTING -> "its agent tells that it runs";
      default -> "it runs until it ends by itself, or its framework kills it";
    };
  }

  private static String at(long millis) {
    return Instant.ofEpochMilli(millis).toString();
  }
}

package io.pilothouse.tasks;

import io.pilothouse.api.v1.AgentLaunch;
import io.pilothouse.filesync.DurableFiles;
import io.pilothouse.mesos.v1.AgentID;
import io.pilothouse.mesos.v1.ExecutorInfo;
import io.pilothouse.mesos.v1.TaskInfo;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes launches on: all of one is written down before anything of it is started. Under the monitor
 * of {@link Tasks}.
 */
final class Launching {
  private static final Logger log = LoggerFactory.getLogger(Launching.class);

  private final Machine machine;
  private final AgentID agent;
  private final Map<String, Task> tasks;
  private final Executors executors;

  Launching(Machine machine, AgentID agent, Map<String, Task> tasks, Executors executors) {
    this.machine = machine;
    this.agent = agent;
    this.tasks = tasks;
    this.executors = executors;
  }

  static String key(TaskRecord task) {
    return key(task.framework(), task.id());
  }

  static String key(String framework, String task) {
    return framework + "\n" + task; // which no id holds
  }

  /** What has no id could neither be told of nor be found again. */
  private static void requireIds(AgentLaunch launch) throws IOException {
    boolean right =
        !launch.getFramework().getId().getValue().isEmpty()
            && launch.getTasksList().stream().noneMatch(Launching::lacksId)
            && (!launch.hasGroupExecutor() || !isNameless(launch.getGroupExecutor()));
    if (!right) {
      throw new IOException("a launch whose framework, task or executor has no id");
    }
  }

  private static boolean lacksId(TaskInfo task) {
    return task.getTaskId().getValue().isEmpty()
        || (task.hasExecutor() && isNameless(task.getExecutor()));
  }

  private static boolean isNameless(ExecutorInfo executor) {
    return executor.getExecutorId().getValue().isEmpty();
  }

  /** What is here already is told again, unless it is over: then its id is free. */
  void launch(AgentLaunch launch) throws IOException {
    requireIds(launch);
    AgentLaunch.Builder fresh = launch.toBuilder().clearTasks();
    for (TaskInfo each : launch.getTasksList()) {
      Task known =
          tasks.get(key(launch.getFramework().getId().getValue(), each.getTaskId().getValue()));
      if (known != null && !known.record().isOver()) {
        known.record().tellAgain();
        continue;
      }
      if (known != null) {
        forget(known);
      }
      fresh.addTasks(each);
    }
    if (fresh.getTasksCount() > 0) {
      Optional<ExecutorInfo> executor = TaskRecord.executor(fresh.build());
      if (executor.isPresent()) {
        inExecutor(fresh.build(), executor.get());
      } else {
        alone(fresh.build());
      }
    }
  }

  void forget(Task task) throws IOException {
    DurableFiles.deleteTree(task.record().meta());
    tasks.remove(key(task.record()));
  }

  private void alone(AgentLaunch launch) throws IOException {
    for (TaskInfo each : launch.getTasksList()) {
      List<TaskRecord> made = new ArrayList<>();
      try {
        made.add(write(launch, each, Optional.empty()));
        command(made.getFirst()).start();
      } catch (IOException | RuntimeException e) {
        undo(made);
        throw e;
      }
    }
  }

  private CommandTask command(TaskRecord record) {
    CommandTask task = new CommandTask(machine, record);
    tasks.put(key(record), task);
    return task;
  }

  private TaskRecord write(AgentLaunch launch, TaskInfo task, Optional<Place> place)
      throws IOException {
    String container = UUID.randomUUID().toString();
    Path meta = machine.tasks().meta(container);
    AgentLaunch one = launch.toBuilder().clearTasks().addTasks(task).build();
    try {
      Files.createDirectories(meta);
      if (place.isPresent()) {
        place.get().write(meta);
      }
      DurableFiles.replace(meta.resolve("launch"), one.toByteArray());
      return new TaskRecord(machine, container, one, agent);
    } catch (IOException | RuntimeException e) {
      DurableFiles.deleteTree(meta);
      throw e;
    }
  }

  /** Nothing of it runs, and nobody was told of it: it was never taken on. */
  private void undo(List<TaskRecord> made) throws IOException {
    for (TaskRecord each : made) {
      if (each.updates().latest().isEmpty()) {
        tasks.remove(key(each));
        DurableFiles.deleteTree(each.meta());
      }
    }
  }

  private void inExecutor(AgentLaunch launch, ExecutorInfo info) throws IOException {
    Optional<Executor> running =
        executors.find(launch.getFramework().getId().getValue(), info.getExecutorId().getValue());
    Optional<Reason> objection = Optional.empty();
    String words = "";
    if (Supported.objection(launch).isPresent()) {
      objection = Optional.of(Reason.REASON_CONTAINER_LAUNCH_FAILED);
      words = Supported.objection(launch).get();
    } else if (running.filter(Executor::isEnding).isPresent()) {
      objection = Optional.of(Reason.REASON_EXECUTOR_TERMINATED);
      words = "The executor is terminating";
    } else if (running.isEmpty() && launch.getExecutorRuns()) {
      objection = Optional.of(Reason.REASON_EXECUTOR_TERMINATED);
      words = "No executor is expected to launch and there is no executor running";
    }
    if (objection.isPresent()) {
      refuse(launch, objection.get(), words);
      return;
    }
    List<TaskRecord> made = new ArrayList<>();
    Executor executor =
        running.isPresent() ? running.get() : executors.create(launch.getFramework(), info);
    try {
      String group = launch.hasGroupExecutor() ? UUID.randomUUID().toString() : "";
      Place place = new Place(executor.record().container(), group);
      for (TaskInfo each : launch.getTasksList()) {
        made.add(write(launch, each, Optional.of(place)));
      }
      switch (executor) {
        case CustomExecutor custom -> give(custom, made, running.isEmpty());
        case BuiltInExecutor builtIn -> {
          Files.createDirectories(builtIn.record().sandbox());
          TaskCommand.point(builtIn.record().sandbox());
          start(made);
        }
      }
    } catch (IOException | RuntimeException e) {
      undo(made);
      if (running.isEmpty() && made.stream().noneMatch(each -> tasks.containsKey(key(each)))) {
        executors.forget(executor);
      }
      throw e;
    }
  }

  private void give(CustomExecutor executor, List<TaskRecord> made, boolean isNew)
      throws IOException {
    for (TaskRecord each : made) {
      ExecutorTask task = new ExecutorTask(each, executor);
      tasks.put(key(each), task);
      executor.add(task);
    }
    if (isNew) {
      executors.start(executor);
    } else {
      executor.tasksChanged();
    }
  }

  /** One that cannot be started takes the others along in the next round. */
  private void start(List<TaskRecord> made) throws IOException {
    List<CommandTask> commands = new ArrayList<>();
    for (TaskRecord each : made) {
      commands.add(command(each));
    }
    for (CommandTask each : commands) {
      each.start();
    }
  }

  /** Where the disk is full it is told in a later round: written down at all, it must not stay. */
  private void refuse(AgentLaunch launch, Reason reason, String words) throws IOException {
    for (TaskInfo each : launch.getTasksList()) {
      TaskRecord record = write(launch, each, Optional.empty());
      Cause why =
          reason == Reason.REASON_EXECUTOR_TERMINATED
              ? Cause.dropped(record, reason, words)
              : new Cause(TaskState.TASK_FAILED, reason, words);
      ExecutorTask task = ExecutorTask.refused(record, why);
      tasks.put(key(record), task);
      try {
        task.goOn();
      } catch (IOException e) {
        log.warn("task {} is refused later: {}", record.id(), e.toString());
      }
    }
  }
}

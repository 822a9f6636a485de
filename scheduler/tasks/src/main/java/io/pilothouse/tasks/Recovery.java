package io.pilothouse.tasks;

import com.google.protobuf.InvalidProtocolBufferException;
import io.pilothouse.api.v1.AgentLaunch;
import io.pilothouse.filesync.DurableFiles;
import io.pilothouse.mesos.v1.AgentID;
import io.pilothouse.mesos.v1.ExecutorInfo;
import io.pilothouse.processes.Family;
import io.pilothouse.tasks.check.CommandLook;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds what an agent before this one started, ends what nobody knows, and goes on with the rest.
 */
final class Recovery {
  private static final Logger log = LoggerFactory.getLogger(Recovery.class);

  private final Machine machine;
  private final AgentID agent;
  private final Map<String, Task> tasks;
  private final Executors executors;

  Recovery(Machine machine, AgentID agent, Map<String, Task> tasks, Executors executors) {
    this.machine = machine;
    this.agent = agent;
    this.tasks = tasks;
    this.executors = executors;
  }

  void run() throws IOException, InterruptedException {
    executors.load();
    List<Path> containers;
    try (Stream<Path> list = Files.list(machine.tasks().meta())) {
      containers = list.sorted().toList();
    }
    Set<String> known = new HashSet<>();
    for (Path each : containers) {
      Optional<Task> task = load(each);
      if (task.isPresent()) {
        tasks.put(Launching.key(task.get().record()), task.get());
        // of one whose end is written down nobody sees to what it left but this
        if (task.get() instanceof CommandTask command
            && command.wasStarted()
            && !command.record().hasEnded()) {
          known.add(command.container());
        }
      } else {
        DurableFiles.deleteTree(each); // nobody was told that it was taken on
      }
    }
    for (CustomExecutor each : executors.customs()) {
      if (each.wasStarted()) {
        known.add(each.container());
      }
    }
    Family.killForgotten(machine.disk(), Machine.MARK, known);
    Family.killForgotten(machine.disk(), CommandLook.MARK, Set.of()); // who asked is gone
    machine.cgroups().retain(known);
    machine.bundles().retain(known, tree -> Trash.take(machine.tasks(), tree));
    for (CustomExecutor each : executors.customs()) {
      each.adopt();
    }
    for (Task each : tasks.values()) {
      switch (each) {
        case CommandTask command -> command.adopt();
        case ExecutorTask task -> {
          if (executors.of(task.record()).isEmpty()) {
            task.gone(Cause.gone(task.record(), "The agent ended while it started the executor"));
          }
        }
      }
    }
    for (Task each : List.copyOf(tasks.values())) {
      Groups.end(each.record(), tasks.values());
    }
  }

  private Optional<Task> load(Path meta) throws IOException {
    Path file = meta.resolve("launch");
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    try {
      AgentLaunch launch = AgentLaunch.parseFrom(Files.readAllBytes(file));
      TaskRecord record = new TaskRecord(machine, meta.getFileName().toString(), launch, agent);
      if (record.executor().isEmpty() || isNested(record)) {
        return Optional.of(new CommandTask(machine, record));
      }
      CustomExecutor executor = executors.of(record).orElse(null);
      ExecutorTask task = new ExecutorTask(record, executor);
      if (executor != null) {
        executor.add(task);
      }
      return Optional.of(task);
    } catch (InvalidProtocolBufferException e) {
      log.warn("{} is damaged: its task is forgotten and ended", file);
      return Optional.empty();
    }
  }

  private static boolean isNested(TaskRecord record) {
    return record.place().isPresent()
        && record.executor().filter(e -> e.getType() == ExecutorInfo.Type.DEFAULT).isPresent();
  }
}

package io.pilothouse.tasks;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.pilothouse.api.v1.AgentMessage;
import io.pilothouse.api.v1.ExecutorEnded;
import io.pilothouse.api.v1.ExecutorToFramework;
import io.pilothouse.filesync.DurableFiles;
import io.pilothouse.mesos.v1.AgentID;
import io.pilothouse.mesos.v1.ExecutorInfo;
import io.pilothouse.mesos.v1.FrameworkInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The executors that frameworks named, and the port for them. Under the monitor of {@link Tasks}.
 */
final class Executors {
  private static final Logger log = LoggerFactory.getLogger(Executors.class);

  /** Ends that no scheduler has been told of. */
  private static final int MOST_UNTOLD = 1000;

  private final Machine machine;
  private final TaskDisk disk;
  private final AgentID agent;
  private final ExecutorTimes times;
  private final Map<String, Task> tasks;
  private final ExecutorPort port;

  /** By framework and id. */
  private final Map<String, Executor> executors = new LinkedHashMap<>();

  private final Deque<ExecutorEnded> untold = new ArrayDeque<>();

  Executors(
      Machine machine,
      AgentID agent,
      ExecutorTimes times,
      Map<String, Task> tasks,
      ExecutorPort port) {
    this.machine = machine;
    this.disk = machine.tasks();
    this.agent = agent;
    this.times = times;
    this.tasks = tasks;
    this.port = port;
  }

  /** Those that an agent before this one wrote down; nothing of them is adopted yet. */
  void load() throws IOException {
    if (!Files.isDirectory(disk.executors())) {
      return;
    }
    List<Path> dirs;
    try (Stream<Path> list = Files.list(disk.executors())) {
      dirs = list.sorted().toList();
    }
    for (Path each : dirs) {
      Optional<ExecutorRecord> known = record(each);
      if (known.isPresent()) {
        ExecutorRecord record = known.get();
        put(record.isBuiltIn() ? builtIn(record) : CustomExecutor.load(machine, record, times));
      } else {
        DurableFiles.deleteTree(each);
      }
    }
    if (!customs().isEmpty()) {
      var unused = port.isOpenAgain();
    }
  }

  private Optional<ExecutorRecord> record(Path dir) throws IOException {
    try {
      return ExecutorRecord.load(disk, dir.getFileName().toString(), agent);
    } catch (InvalidProtocolBufferException e) {
      log.warn("{} is damaged: its executor is forgotten and ended", dir);
      return Optional.empty();
    }
  }

  private BuiltInExecutor builtIn(ExecutorRecord record) {
    return new BuiltInExecutor(
        record,
        () -> tasks.values().stream().filter(t -> t.record().isIn(record.container())).toList());
  }

  private void put(Executor executor) {
    executors.put(key(executor.record().framework(), executor.record().id()), executor);
  }

  private static String key(String framework, String executor) {
    return framework + "\n" + executor; // which no id holds
  }

  Collection<Executor> all() {
    return executors.values();
  }

  List<CustomExecutor> customs() {
    List<CustomExecutor> all = new ArrayList<>();
    for (Executor each : executors.values()) {
      if (each instanceof CustomExecutor custom) {
        all.add(custom);
      }
    }
    return all;
  }

  Optional<Executor> find(String framework, String id) {
    return Optional.ofNullable(executors.get(key(framework, id)));
  }

  Optional<CustomExecutor> custom(String framework, String id) {
    return find(framework, id)
        .filter(CustomExecutor.class::isInstance)
        .map(CustomExecutor.class::cast);
  }

  boolean isKnown(String framework) {
    return executors.values().stream().anyMatch(e -> e.record().framework().equals(framework));
  }

  /** The one that a task is in; empty when it is over. */
  Optional<CustomExecutor> of(TaskRecord task) {
    return customs().stream().filter(each -> task.isIn(each.container())).findFirst();
  }

  /** Whose token it is. */
  Optional<CustomExecutor> withToken(String token) {
    return customs().stream().filter(each -> !each.isOver() && each.token().is(token)).findFirst();
  }

  /** A new one, written down and not started. */
  Executor create(FrameworkInfo framework, ExecutorInfo info) throws IOException {
    String container = UUID.randomUUID().toString();
    try {
      ExecutorRecord record = ExecutorRecord.create(disk, container, framework, info, agent);
      Executor made =
          record.isBuiltIn() ? builtIn(record) : CustomExecutor.create(machine, record, times);
      put(made);
      // told now, the end of one before it would be taken for its own
      untold.removeIf(
          each ->
              each.getFrameworkId().equals(framework.getId())
                  && each.getExecutorId().equals(info.getExecutorId()));
      return made;
    } catch (IOException | RuntimeException e) {
      DurableFiles.deleteTree(disk.executors().resolve(container));
      throw e;
    }
  }

  /** One that was never started. */
  void forget(Executor executor) throws IOException {
    executor.record().delete();
    executors.remove(key(executor.record().framework(), executor.record().id()));
  }

  void start(CustomExecutor executor) {
    try {
      port.open(customs().size() == 1);
      executor.start(port.endpoint());
    } catch (IOException e) {
      executor.cannotStart(String.valueOf(e.getMessage()));
    }
  }

  /** What is late, what is due, and who is over. */
  void round() {
    List<CustomExecutor> customs = customs();
    if (!customs.isEmpty() && port.isOpenAgain()) {
      customs.forEach(each -> each.expect(port.endpoint()));
    }
    customs.forEach(CustomExecutor::round);
    for (Executor each : List.copyOf(executors.values())) {
      if (each.isOver()) {
        try {
          ended(each);
        } catch (IOException e) {
          // its keeper may be writing how it ended: in the next round
          log.warn("{} is removed later: {}", each.record().container(), e.toString());
        }
      }
    }
  }

  private void ended(Executor executor) throws IOException {
    ExecutorRecord record = executor.record();
    int status = executor.waitStatus();
    if (executor instanceof BuiltInExecutor && Files.isDirectory(record.sandbox())) {
      Sandboxes.ended(record.sandbox(), machine.clock().instant());
    }
    forget(executor);
    untold.addLast(
        ExecutorEnded.newBuilder()
            .setFrameworkId(record.frameworkInfo().getId())
            .setExecutorId(record.info().getExecutorId())
            .setStatus(status)
            .build());
    if (untold.size() > MOST_UNTOLD) {
      untold.removeFirst();
    }
  }

  /** Tells of those that are over, once what became of their tasks has been told. */
  void tell(Consumer<AgentMessage> scheduler) {
    while (!untold.isEmpty()) {
      scheduler.accept(AgentMessage.newBuilder().setExecutorEnded(untold.removeFirst()).build());
    }
  }

  static AgentMessage message(ExecutorRecord from, ByteString data) {
    return AgentMessage.newBuilder()
        .setMessage(
            ExecutorToFramework.newBuilder()
                .setFrameworkId(from.frameworkInfo().getId())
                .setExecutorId(from.info().getExecutorId())
                .setData(data))
        .build();
  }

  /** Bytes of statuses that are not acknowledged. */
  long waiting() {
    return tasks.values().stream().mapToLong(each -> each.record().updates().size()).sum();
  }

  int port() {
    return port.port();
  }

  void shutDown(String framework) throws IOException {
    for (CustomExecutor each : customs()) {
      if (each.record().framework().equals(framework)) {
        each.shutDown();
      }
    }
  }

  void close() {
    port.close();
  }
}

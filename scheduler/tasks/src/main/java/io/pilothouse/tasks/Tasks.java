package io.pilothouse.tasks;

import com.google.protobuf.InvalidProtocolBufferException;
import io.pilothouse.api.v1.AgentAcknowledge;
import io.pilothouse.api.v1.AgentKill;
import io.pilothouse.api.v1.AgentLaunch;
import io.pilothouse.api.v1.AgentMessage;
import io.pilothouse.api.v1.AgentRegister;
import io.pilothouse.api.v1.AgentUpdate;
import io.pilothouse.api.v1.SchedulerMessage;
import io.pilothouse.filesync.DurableFiles;
import io.pilothouse.mesos.v1.AgentID;
import io.pilothouse.mesos.v1.AgentInfo;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.processes.Family;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The tasks of a machine: does what the scheduler says, and has every status told until it is
 * acknowledged. What it knows of a task is on the disk before anything is done or told, so that the
 * next agent goes on where this one ended; tasks themselves run on meanwhile.
 */
public final class Tasks {
  private static final Logger log = LoggerFactory.getLogger(Tasks.class);
  private static final Duration COLLECT_EVERY = Duration.ofMinutes(1);

  private final Machine machine;
  private final TaskDisk disk;
  private final Sandboxes sandboxes;
  private final Volumes volumes;
  private final AgentID agent;

  /** By framework and task. */
  private final Map<String, CommandTask> tasks = new LinkedHashMap<>();

  private Optional<Consumer<AgentMessage>> out = Optional.empty();

  /** The stream that is obeyed; none while there is none. */
  private Optional<Object> followed = Optional.empty();

  private long token;
  private long collectedAt = System.nanoTime() - COLLECT_EVERY.toNanos();

  private Tasks(Machine machine, Sandboxes sandboxes, AgentID agent, long token) {
    this.machine = machine;
    this.disk = machine.tasks();
    this.sandboxes = sandboxes;
    this.volumes = new Volumes(disk);
    this.agent = agent;
    this.token = token;
  }

  /** Whether a disk has anything of tasks. */
  public static boolean areThere(Path machineDisk) {
    return Files.exists(machineDisk.resolve("tasks").resolve("agent-id"));
  }

  /** Finds what an agent before this one started, and goes on with it. */
  public static Tasks open(Machine machine) throws IOException, InterruptedException {
    return open(machine, Sandboxes.usual(machine.tasks()));
  }

  static Tasks open(Machine machine, Sandboxes sandboxes) throws IOException, InterruptedException {
    TaskDisk disk = machine.tasks();
    Files.createDirectories(disk.meta());
    if (!Files.exists(disk.agentId())) {
      String id = machine.name() + "-" + UUID.randomUUID().toString().substring(0, 8);
      DurableFiles.replace(disk.agentId(), id.getBytes(StandardCharsets.UTF_8));
    }
    AgentID agent = AgentID.newBuilder().setValue(Files.readString(disk.agentId()).strip()).build();
    long token =
        Files.exists(disk.token()) ? Long.parseLong(Files.readString(disk.token()).strip()) : 0;
    Tasks tasks = new Tasks(machine, sandboxes, agent, token);
    tasks.recover();
    return tasks;
  }

  private void recover() throws IOException, InterruptedException {
    List<Path> containers;
    try (Stream<Path> list = Files.list(disk.meta())) {
      containers = list.sorted().toList();
    }
    Set<String> known = new HashSet<>();
    for (Path each : containers) {
      Optional<CommandTask> task = load(each);
      if (task.isPresent()) {
        tasks.put(key(task.get()), task.get());
        if (task.get().wasStarted()) {
          known.add(task.get().container());
        }
      } else {
        DurableFiles.deleteTree(each); // nobody was told that it was taken on
      }
    }
    Family.killForgotten(machine.disk(), Machine.MARK, known);
    machine.cgroups().retain(known);
    for (CommandTask each : tasks.values()) {
      each.adopt();
    }
  }

  private Optional<CommandTask> load(Path meta) throws IOException {
    Path file = meta.resolve("launch");
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    try {
      AgentLaunch launch = AgentLaunch.parseFrom(Files.readAllBytes(file));
      return Optional.of(new CommandTask(machine, meta.getFileName().toString(), launch, agent));
    } catch (InvalidProtocolBufferException e) {
      log.warn("{} is damaged: its task is forgotten and ended", file);
      return Optional.empty();
    }
  }

  /** What this machine has, for a scheduler that is to know it. */
  public synchronized AgentRegister register(AgentInfo info, String bootId, String version) {
    AgentRegister.Builder register =
        AgentRegister.newBuilder()
            .setAgent(info.toBuilder().setId(agent))
            .setBootId(bootId)
            .setToken(token)
            .setVersion(version)
            .addAllVolumes(volumes.told());
    Listing.register(tasks.values(), register);
    return register.build();
  }

  /**
   * Whether a message under this token is to be obeyed. A higher one than ever is remembered first:
   * not even the next agent obeys a lower one then.
   */
  synchronized boolean obeys(long offered) throws IOException {
    if (offered > token) {
      DurableFiles.replace(disk.token(), Long.toString(offered).getBytes(StandardCharsets.UTF_8));
      token = offered;
    }
    return offered == token;
  }

  /** A scheduler knows this machine now: all that was not acknowledged is told to it. */
  public synchronized void connected(Consumer<AgentMessage> scheduler) {
    out = Optional.of(scheduler);
    tasks.values().forEach(each -> each.retry().anew());
    machine.changed().run();
  }

  /** From now on no other stream than this is obeyed. */
  synchronized void follow(Object stream) {
    followed = Optional.of(stream);
  }

  /** Nobody to tell, and nobody to obey. */
  public synchronized void disconnected() {
    out = Optional.empty();
    followed = Optional.empty();
  }

  /** What became of a message. */
  enum Answer {
    OBEYED,
    /** Of a stream that was given up: another scheduler may have been told what is here. */
    GIVEN_UP,
    /** Under an older token than one seen before. */
    OUTDATED
  }

  /** Does what a stream says if it is to be obeyed, in one step with the look whether it is. */
  synchronized Answer take(Object stream, SchedulerMessage message) throws IOException {
    if (followed.filter(stream::equals).isEmpty()) {
      return Answer.GIVEN_UP;
    }
    if (!obeys(message.getToken())) {
      return Answer.OUTDATED;
    }
    take(message);
    return Answer.OBEYED;
  }

  /**
   * Does what the scheduler says; what concerns a task that is not here is too late, and nothing.
   */
  synchronized void take(SchedulerMessage message) throws IOException {
    switch (message.getKindCase()) {
      case LAUNCH -> launch(message.getLaunch());
      case KILL -> kill(message.getKill());
      case ACKNOWLEDGE -> acknowledge(message.getAcknowledge());
      case SHUTDOWN_FRAMEWORK ->
          shutDown(message.getShutdownFramework().getFrameworkId().getValue());
      case VOLUMES -> volumes.hear(message.getVolumes());
      case SHUTDOWN_EXECUTOR, MESSAGE -> {} // of custom executors, of which there are none
      case REGISTERED, PING, KIND_NOT_SET -> {} // of the connection
    }
  }

  private void launch(AgentLaunch launch) throws IOException {
    for (int i = 0; i < launch.getTasksCount(); i++) {
      // of a group each task is one here: all of them are refused in the same words
      AgentLaunch one =
          launch.getTasksCount() == 1
              ? launch
              : launch.toBuilder()
                  .clearTasks()
                  .addTasks(launch.getTasks(i))
                  .setGroupExecutor(launch.getGroupExecutor())
                  .build();
      String framework = launch.getFramework().getId().getValue();
      String key = key(framework, launch.getTasks(i).getTaskId().getValue());
      CommandTask known = tasks.get(key);
      if (known != null && isOver(known)) {
        forget(known); // a new task of an id that is free again
        known = null;
      }
      if (known == null) {
        start(key, one);
      } else {
        known.tellAgain();
      }
    }
  }

  private void start(String key, AgentLaunch launch) throws IOException {
    String container = UUID.randomUUID().toString();
    try {
      Files.createDirectories(disk.meta(container));
      DurableFiles.replace(disk.meta(container).resolve("launch"), launch.toByteArray());
      CommandTask task = new CommandTask(machine, container, launch, agent);
      tasks.put(key, task);
      task.start();
    } catch (IOException | RuntimeException e) {
      CommandTask task = tasks.get(key);
      if (task == null || task.updates().latest().isEmpty()) {
        tasks.remove(key); // nothing runs, and nobody was told: it was never taken on
        DurableFiles.deleteTree(disk.meta(container));
      }
      throw e;
    }
  }

  private void kill(AgentKill kill) throws IOException {
    CommandTask task =
        tasks.get(key(kill.getFrameworkId().getValue(), kill.getTaskId().getValue()));
    if (task != null) {
      task.kill(kill);
    }
  }

  private void acknowledge(AgentAcknowledge heard) throws IOException {
    CommandTask task =
        tasks.get(key(heard.getFrameworkId().getValue(), heard.getTaskId().getValue()));
    if (task != null && task.updates().acknowledge(heard.getUuid())) {
      task.retry().anew();
      machine.changed().run();
    }
  }

  /** Its tasks are killed in the next round, and in each until they are. */
  private void shutDown(String framework) {
    tasks.values().stream()
        .filter(each -> each.framework().equals(framework))
        .forEach(CommandTask::silence);
    machine.changed().run();
  }

  /** Looks at what has ended, tells what is to be told, and tidies up. */
  public void round() throws IOException, InterruptedException {
    killUnwanted();
    for (CommandTask each : ended()) {
      try {
        each.clear();
        synchronized (this) {
          each.ended();
        }
        each.forget();
      } catch (IOException | RuntimeException e) {
        each.postpone();
        log.warn("the end of {} is seen to later: {}", each.container(), e.toString());
      }
    }
    synchronized (this) {
      forgetDone();
      tell();
      bound();
      if (System.nanoTime() - collectedAt >= COLLECT_EVERY.toNanos()) {
        collectedAt = System.nanoTime();
        Set<Path> inUse = new HashSet<>();
        tasks.values().forEach(each -> inUse.add(each.sandbox()));
        sandboxes.collect(inUse, machine.clock().instant());
      }
    }
    volumes.round(machine.clock().instant());
  }

  private synchronized void killUnwanted() {
    for (CommandTask each : tasks.values()) {
      try {
        if (each.isSilent() && !each.isToEnd()) {
          each.kill(order(each, TaskStatus.Reason.REASON_FRAMEWORK_REMOVED).build());
        } else if (each.isOverdue()) {
          each.kill(
              order(each, TaskStatus.Reason.REASON_MAX_COMPLETION_TIME_REACHED)
                  .setReason("Task exceeded its maximum completion time")
                  .build());
        } else {
          each.killAgain();
        }
      } catch (IOException e) {
        log.warn("{} cannot be killed yet: {}", each.container(), e.toString());
      }
    }
  }

  private static AgentKill.Builder order(CommandTask task, TaskStatus.Reason reason) {
    return AgentKill.newBuilder()
        .setFrameworkId(task.launch().getFramework().getId())
        .setTaskId(task.info().getTaskId())
        .setReasonNumber(reason.getNumber());
  }

  private synchronized List<CommandTask> ended() {
    return tasks.values().stream().filter(CommandTask::endsNow).toList();
  }

  private void forgetDone() throws IOException {
    for (CommandTask each : List.copyOf(tasks.values())) {
      if (isOver(each)) {
        forget(each);
      }
    }
  }

  private static boolean isOver(CommandTask task) {
    return task.updates().isDone() || (task.isSilent() && task.hasEnded());
  }

  private void forget(CommandTask task) throws IOException {
    DurableFiles.deleteTree(disk.meta(task.container()));
    tasks.remove(key(task));
  }

  private void tell() {
    long now = System.nanoTime();
    for (CommandTask each : tasks.values()) {
      Optional<TaskStatus> first = each.updates().first();
      if (out.isPresent() && first.isPresent() && !each.isSilent() && each.retry().isDue(now)) {
        each.retry().sent(now);
        AgentUpdate update =
            AgentUpdate.newBuilder()
                .setFrameworkId(each.launch().getFramework().getId())
                .setStatus(first.get())
                .setLatestState(each.updates().latest().orElseThrow().getState().getNumber())
                .build();
        out.get().accept(AgentMessage.newBuilder().setUpdate(update).build());
      }
    }
  }

  private void bound() {
    for (CommandTask each : tasks.values()) {
      try {
        if (!each.hasEnded()) {
          sandboxes.bound(each.sandbox());
        }
      } catch (IOException e) {
        log.warn("outputs in {} stay as they are: {}", each.sandbox(), e.toString());
      }
    }
  }

  private static String key(CommandTask task) {
    return key(task.framework(), task.info().getTaskId().getValue());
  }

  private static String key(String framework, String task) {
    return framework + "\n" + task; // which no id holds
  }

  /** For the status page. */
  public synchronized Map<String, Object> describe() {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("agent_id", agent.getValue());
    all.put("scheduler_knows", out.isPresent());
    all.put("tasks", Listing.describe(tasks.values()));
    return all;
  }
}

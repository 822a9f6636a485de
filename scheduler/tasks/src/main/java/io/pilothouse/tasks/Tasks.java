package io.pilothouse.tasks;

import io.pilothouse.api.v1.AgentAcknowledge;
import io.pilothouse.api.v1.AgentKill;
import io.pilothouse.api.v1.AgentMessage;
import io.pilothouse.api.v1.AgentRegister;
import io.pilothouse.api.v1.AgentShutdownExecutor;
import io.pilothouse.api.v1.AgentUpdate;
import io.pilothouse.api.v1.FrameworkToExecutor;
import io.pilothouse.api.v1.OfferPolicy;
import io.pilothouse.api.v1.SchedulerMessage;
import io.pilothouse.filesync.DurableFiles;
import io.pilothouse.mesos.v1.AgentID;
import io.pilothouse.mesos.v1.AgentInfo;
import io.pilothouse.mesos.v1.FrameworkID;
import io.pilothouse.mesos.v1.TaskID;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.tasks.lending.Lending;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The tasks of a machine: does what the scheduler says, and has every status told until it is
 * acknowledged. What it knows of a task is on the disk before anything is done or told, so that the
 * next agent goes on where this one ended; tasks themselves run on meanwhile.
 */
public final class Tasks implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Tasks.class);

  private final Machine machine;
  private final TaskDisk disk;
  private final Volumes volumes;
  private final Upkeep upkeep;
  private final Troubles troubles = new Troubles();
  private final AgentID agent;

  /** By framework and task. */
  private final Map<String, Task> tasks = new LinkedHashMap<>();

  private final ExecutorApi api = new ExecutorApi(this, this::pass);
  private final Executors executors;
  private final Launching launching;
  private final Oversubscription oversubscription;

  private Optional<Consumer<AgentMessage>> out = Optional.empty();

  /** The stream that is obeyed; none while there is none. */
  private Optional<Object> followed = Optional.empty();

  private long token;

  private Tasks(
      Machine machine,
      Sandboxes sandboxes,
      ExecutorTimes times,
      Lending lending,
      AgentID agent,
      long token) {
    this.machine = machine;
    this.disk = machine.tasks();
    this.volumes = new Volumes(disk);
    this.upkeep = new Upkeep(machine, sandboxes, volumes);
    this.agent = agent;
    this.token = token;
    ExecutorPort port = new ExecutorPort(disk.executorPort(), machine.executorPorts(), api);
    this.executors = new Executors(machine, agent, times, tasks, port);
    this.launching = new Launching(machine, agent, tasks, executors);
    this.oversubscription = new Oversubscription(machine, lending);
  }

  TaskDisk disk() {
    return disk;
  }

  /** Whether a disk has anything of tasks. */
  public static boolean areThere(Path machineDisk) {
    return Files.exists(machineDisk.resolve("tasks").resolve("agent-id"));
  }

  /** Finds what an agent before this one started, and goes on with it. */
  public static Tasks open(Machine machine) throws IOException, InterruptedException {
    return open(machine, Lending.usual());
  }

  /** The same, with another way to lend. */
  public static Tasks open(Machine machine, Lending lending)
      throws IOException, InterruptedException {
    return open(machine, Sandboxes.usual(machine.tasks()), ExecutorTimes.usual(), lending);
  }

  static Tasks open(Machine machine, Sandboxes sandboxes, ExecutorTimes times, Lending lending)
      throws IOException, InterruptedException {
    TaskDisk disk = machine.tasks();
    Files.createDirectories(disk.meta());
    Trash.make(disk);
    if (!Files.exists(disk.agentId())) {
      String id = machine.name() + "-" + UUID.randomUUID().toString().substring(0, 8);
      DurableFiles.replace(disk.agentId(), id.getBytes(StandardCharsets.UTF_8));
    }
    AgentID agent = AgentID.newBuilder().setValue(Files.readString(disk.agentId()).strip()).build();
    long token =
        Files.exists(disk.token()) ? Long.parseLong(Files.readString(disk.token()).strip()) : 0;
    OwnPids.look(machine.rules().get());
    Tasks tasks = new Tasks(machine, sandboxes, times, lending, agent, token);
    new Recovery(machine, agent, tasks.tasks, tasks.executors).run();
    tasks.api.serve(tasks.executors);
    return tasks;
  }

  /** What this machine has, for a scheduler that is to know it. */
  public synchronized AgentRegister register(AgentInfo info, String bootId, String version) {
    AgentRegister.Builder register =
        AgentRegister.newBuilder()
            .setAgent(info.toBuilder().setId(agent))
            .setBootId(bootId)
            .setToken(token)
            .setVersion(version)
            .addAllVolumes(volumes.told())
            .addAllOversubscribed(oversubscription.register());
    Listing.register(tasks.values(), executors.all(), register);
    return register.build();
  }

  /** What the machine's type sets aside, and lets be lent, from now on. */
  public synchronized void follow(OfferPolicy policy) {
    oversubscription.follow(policy);
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
    tasks.values().forEach(each -> each.record().retry().anew());
    oversubscription.connected();
    machine.changed().run();
  }

  /** From now on no other stream than this is obeyed; it says anew which frameworks are gone. */
  synchronized void follow(Object stream) {
    followed = Optional.of(stream);
    tasks.values().forEach(each -> each.record().speak());
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
      case LAUNCH -> launching.launch(message.getLaunch());
      case KILL -> kill(message.getKill());
      case ACKNOWLEDGE -> acknowledge(message.getAcknowledge());
      case SHUTDOWN_FRAMEWORK ->
          shutDown(message.getShutdownFramework().getFrameworkId().getValue());
      case SHUTDOWN_EXECUTOR -> {
        AgentShutdownExecutor order = message.getShutdownExecutor();
        Optional<Executor> executor =
            executors.find(order.getFrameworkId().getValue(), order.getExecutorId().getValue());
        if (executor.isPresent()) {
          executor.get().shutDown();
        }
      }
      case MESSAGE -> {
        FrameworkToExecutor said = message.getMessage();
        executors
            .custom(said.getFrameworkId().getValue(), said.getExecutorId().getValue())
            .ifPresent(each -> each.message(said.getData()));
      }
      case REGISTERED, PING, SANDBOX, KIND_NOT_SET -> {} // of the connection
      case VOLUMES -> volumes.hear(message.getVolumes());
    }
  }

  /** From an executor; whether it arrives is nobody's promise. */
  private synchronized void pass(AgentMessage message) {
    out.ifPresent(scheduler -> scheduler.accept(message));
  }

  private Optional<Task> task(FrameworkID framework, TaskID task) {
    return Optional.ofNullable(tasks.get(Launching.key(framework.getValue(), task.getValue())));
  }

  private void kill(AgentKill kill) throws IOException {
    Optional<Task> task = task(kill.getFrameworkId(), kill.getTaskId());
    if (task.isPresent()) {
      task.get().kill(kill);
    }
  }

  private void acknowledge(AgentAcknowledge heard) throws IOException {
    Optional<Task> task = task(heard.getFrameworkId(), heard.getTaskId());
    if (task.isPresent() && task.get().record().updates().acknowledge(heard.getUuid())) {
      TaskRecord record = task.get().record();
      record.retry().anew();
      executors.of(record).ifPresent(e -> e.acknowledged(heard.getTaskId(), heard.getUuid()));
      machine.changed().run();
    }
  }

  /** Its tasks are killed in the next round, and in each until they are. */
  private void shutDown(String framework) throws IOException {
    tasks.values().stream()
        .map(Task::record)
        .filter(each -> each.framework().equals(framework))
        .forEach(TaskRecord::silence);
    executors.shutDown(framework);
    machine.changed().run();
  }

  /** Looks at what has ended, tells what is to be told, and tidies up. */
  public void round() throws IOException, InterruptedException {
    OwnPids.look(machine.rules().get());
    killUnwanted();
    for (Run each : ended()) {
      try {
        each.clear();
        synchronized (this) {
          each.ended();
          if (each instanceof CommandTask task) {
            Groups.end(task.record(), tasks.values());
          }
        }
        each.forget();
        troubles.worked("the end of " + each.container());
      } catch (IOException | RuntimeException e) {
        each.postpone();
        troubles.failed("the end of " + each.container(), e);
      }
    }
    synchronized (this) {
      executors.round();
      oversubscription.round(tasks.values(), executors.all(), out);
      tell();
      forgetDone();
      upkeep.round(tasks.values(), executors);
    }
    upkeep.tidy();
  }

  private synchronized void killUnwanted() {
    for (Task each : tasks.values()) {
      String what = "what is to be done for " + each.record().container();
      try {
        switch (each) {
          case CommandTask command -> command.goOn();
          case ExecutorTask task -> task.goOn();
        }
        if (each instanceof CommandTask && each.record().isSilent()) {
          each.kill(KillOrder.soon(each, TaskStatus.Reason.REASON_FRAMEWORK_REMOVED).build());
        } else if (each.isOverdue()) {
          each.kill(
              KillOrder.of(each)
                  .setReasonNumber(TaskStatus.Reason.REASON_MAX_COMPLETION_TIME_REACHED_VALUE)
                  .setReason("Task exceeded its maximum completion time")
                  .build());
        }
        each.killAgain();
        troubles.worked(what);
      } catch (IOException e) {
        troubles.failed(what, e);
      }
    }
  }

  private synchronized List<Run> ended() {
    List<Run> all = new ArrayList<>(executors.customs());
    for (Task each : tasks.values()) {
      if (each instanceof CommandTask command) {
        all.add(command);
      }
    }
    return all.stream().filter(Run::endsNow).toList();
  }

  private void forgetDone() throws IOException {
    for (Task each : List.copyOf(tasks.values())) {
      if (each.record().isOver()) {
        launching.forget(each);
      }
    }
  }

  private void tell() {
    long now = System.nanoTime();
    for (Task task : tasks.values()) {
      TaskRecord each = task.record();
      Optional<TaskStatus> due = each.due(now);
      if (out.isPresent() && due.isPresent()) {
        each.told(now);
        AgentUpdate update =
            AgentUpdate.newBuilder()
                .setFrameworkId(each.launch().getFramework().getId())
                .setStatus(due.get())
                .setLatestState(each.updates().latest().orElseThrow().getState().getNumber())
                .build();
        out.get().accept(AgentMessage.newBuilder().setUpdate(update).build());
      }
    }
    out.ifPresent(executors::tell);
  }

  /** For the status page. */
  public synchronized Map<String, Object> describe() {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("agent_id", agent.getValue());
    all.put("scheduler_knows", out.isPresent());
    all.put("fetched", machine.fetcher().describe());
    all.put("contained", machine.bundles().describe());
    all.put("limits", TaskLimits.notEnforced(machine));
    all.put("process_ids_shared", OwnPids.describe(machine.rules().get()));
    all.put("tasks", Listing.describe(tasks.values()));
    all.put("executors", Listing.executors(executors.all()));
    oversubscription.describe().ifPresent(lent -> all.put("lent", lent));
    return all;
  }

  /** Nobody is served any more; tasks and executors run on. */
  @Override
  public synchronized void close() {
    disconnected();
    executors.close();
    for (Task each : tasks.values()) {
      if (each instanceof CommandTask command) {
        command.leave();
      }
    }
    machine.fetcher().close();
    machine.bundles().close();
    List<Path> metas = new ArrayList<>();
    tasks.values().forEach(each -> metas.add(each.record().meta()));
    executors.all().forEach(each -> metas.add(each.record().meta()));
    for (Path each : metas) {
      try {
        Provision.leave(each);
      } catch (IOException e) {
        log.warn("{}: the next agent counts this end as a crash: {}", each, e.toString());
      }
    }
  }
}

package io.pilothouse.tasks;

import com.google.protobuf.ByteString;
import io.pilothouse.api.v1.AgentKill;
import io.pilothouse.api.v1.AgentLaunch;
import io.pilothouse.filesync.DurableFiles;
import io.pilothouse.manifests.ProcessSpec.Limits;
import io.pilothouse.mesos.v1.AgentID;
import io.pilothouse.mesos.v1.ContainerID;
import io.pilothouse.mesos.v1.ContainerStatus;
import io.pilothouse.mesos.v1.ExecutorID;
import io.pilothouse.mesos.v1.FrameworkInfo.Capability;
import io.pilothouse.mesos.v1.TaskInfo;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.mesos.v1.TaskStatus.Reason;
import io.pilothouse.mesos.v1.TaskStatus.Source;
import io.pilothouse.processes.Cgroup;
import io.pilothouse.processes.Family;
import io.pilothouse.processes.ProcFs;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One task that is a command, from its launch to its last status. Its fields belong to the monitor
 * of {@link Tasks}; what waits for processes runs without it.
 */
final class CommandTask {
  private static final Logger log = LoggerFactory.getLogger(CommandTask.class);

  /** Mesos' own, where neither the task nor who kills it says. */
  private static final Duration GRACE = Duration.ofSeconds(3);

  private static final Duration PID_WITHIN = Duration.ofSeconds(5);
  private static final Duration PID_LOOK = Duration.ofMillis(5);

  private final Machine machine;
  private final String container;
  private final AgentLaunch launch;
  private final AgentID agent;
  private final Path meta;
  private final UpdateLog updates;
  private final Retry retry;
  private Optional<Keeper> keeper = Optional.empty();
  private Optional<Cgroup> cgroup = Optional.empty();
  private Optional<AgentKill> kill = Optional.empty();
  private boolean ending;
  private boolean silent;

  CommandTask(Machine machine, String container, AgentLaunch launch, AgentID agent)
      throws IOException {
    this.machine = machine;
    this.container = container;
    this.launch = launch;
    this.agent = agent;
    this.meta = machine.tasks().meta(container);
    this.updates = UpdateLog.open(meta.resolve("updates"));
    this.retry = new Retry(machine.firstRetry());
  }

  String container() {
    return container;
  }

  AgentLaunch launch() {
    return launch;
  }

  TaskInfo info() {
    return launch.getTasks(0);
  }

  String framework() {
    return launch.getFramework().getId().getValue();
  }

  UpdateLog updates() {
    return updates;
  }

  Retry retry() {
    return retry;
  }

  Path sandbox() {
    return machine.tasks().sandbox(framework(), info().getTaskId().getValue(), container);
  }

  /** Nobody is told of it any more: its framework is gone. */
  void silence() {
    silent = true;
  }

  boolean isSilent() {
    return silent;
  }

  boolean hasEnded() {
    return updates.hasEnded();
  }

  /** Starts it; what goes wrong is its framework's to know, and no failure here. */
  void start() throws IOException {
    Optional<String> unable = Supported.objection(launch);
    if (unable.isPresent()) {
      say(
          TaskState.TASK_FAILED,
          Source.SOURCE_AGENT,
          Reason.REASON_CONTAINER_LAUNCH_FAILED,
          unable.get());
      return;
    }
    say(TaskState.TASK_STARTING, Source.SOURCE_EXECUTOR, null, "");
    try {
      Path sandbox = sandbox();
      TaskCommand command = TaskCommand.of(launch);
      command.prepare(sandbox);
      Map<String, String> environment =
          TaskEnvironment.of(machine.environment(), agent.getValue(), framework(), info(), sandbox);
      cgroup = machine.cgroups().make(container, limits());
      Process process = Keeper.start(meta, command.line(cgroup), sandbox, environment, marks());
      keeper = Optional.of(Keeper.remember(meta, process));
      var unused = process.onExit().thenRun(machine.changed());
    } catch (IOException e) {
      say(
          TaskState.TASK_FAILED,
          Source.SOURCE_AGENT,
          Reason.REASON_CONTAINER_LAUNCH_FAILED,
          "Failed to launch container: " + e.getMessage());
      return;
    }
    say(TaskState.TASK_RUNNING, Source.SOURCE_EXECUTOR, null, "");
    log.info("task {} of {} runs in {}", info().getTaskId().getValue(), framework(), container);
  }

  /** Whether it is known which processes it has, or had. */
  boolean wasStarted() throws IOException {
    return Keeper.of(meta).isPresent() || Keeper.task(meta).isPresent();
  }

  /** Goes on with what an agent before this one started. */
  void adopt() throws IOException {
    if (updates.hasEnded()) {
      return;
    }
    keeper = Keeper.of(meta);
    if (!wasStarted()) {
      boolean aware = has(Capability.Type.PARTITION_AWARE);
      say(
          aware ? TaskState.TASK_GONE : TaskState.TASK_LOST,
          Source.SOURCE_AGENT,
          Reason.REASON_AGENT_RESTARTED,
          "The agent ended while it started the task");
      return;
    }
    OptionalLong task = Keeper.task(meta);
    if (task.isPresent()) {
      cgroup = machine.cgroups().holding(task.getAsLong(), container, limits());
    }
    Path file = meta.resolve("kill");
    if (Files.isRegularFile(file)) {
      kill = Optional.of(AgentKill.parseFrom(Files.readAllBytes(file)));
    }
    if (keeper.filter(Keeper::runs).isPresent()) {
      ProcessHandle.of(keeper.get().pid())
          .ifPresent(
              each -> {
                var unused = each.onExit().thenRun(machine.changed());
              });
      boolean told =
          updates.latest().map(TaskStatus::getState).filter(CommandTask::runs).isPresent();
      if (!told) {
        say(TaskState.TASK_RUNNING, Source.SOURCE_EXECUTOR, null, "");
      }
      kill.ifPresent(this::end);
      log.info("task {} of {} goes on", info().getTaskId().getValue(), framework());
    }
  }

  private static boolean runs(TaskState state) {
    return state == TaskState.TASK_RUNNING || state == TaskState.TASK_KILLING;
  }

  /** Asked to end; asked again only to end sooner. */
  void kill(AgentKill order) throws IOException {
    if (updates.hasEnded() || kill.isPresent()) {
      return;
    }
    DurableFiles.replace(meta.resolve("kill"), order.toByteArray());
    kill = Optional.of(order);
    if (has(Capability.Type.TASK_KILLING_STATE)) {
      say(TaskState.TASK_KILLING, Source.SOURCE_EXECUTOR, null, order.getReason());
    }
    end(order);
  }

  /** TERM to all of it, KILL to what is left after the grace; the keeper sees it end. */
  private void end(AgentKill order) {
    Family family;
    try {
      family = family();
    } catch (IOException e) {
      log.warn("task {} cannot be killed yet: {}", info().getTaskId().getValue(), e.getMessage());
      return;
    }
    Duration grace = grace(order);
    Thread.ofVirtual()
        .name("kill-" + container)
        .start(
            () -> {
              try {
                family.terminate();
                family.end(grace);
              } catch (IOException e) {
                log.warn("task of {}: {}", container, e.getMessage());
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
  }

  private Duration grace(AgentKill order) {
    if (order.getKillPolicy().hasGracePeriod()) {
      return Duration.ofNanos(order.getKillPolicy().getGracePeriod().getNanoseconds());
    }
    return info().getKillPolicy().hasGracePeriod()
        ? Duration.ofNanos(info().getKillPolicy().getGracePeriod().getNanoseconds())
        : GRACE;
  }

  /** Whether it runs too long: it is then to be killed. */
  boolean isOverdue() throws IOException {
    if (!info().hasMaxCompletionTime() || keeper.isEmpty() || kill.isPresent() || hasEnded()) {
      return false;
    }
    Duration most = Duration.ofNanos(info().getMaxCompletionTime().getNanoseconds());
    return ProcFs.age(keeper.get().startTicks()).compareTo(most) > 0;
  }

  /** Whether it ended, and nobody has looked yet; true but once. */
  boolean endsNow() {
    boolean ends =
        !ending && !updates.hasEnded() && keeper.filter(each -> !each.runs()).isPresent();
    ending |= ends;
    return ends;
  }

  /** Waits for what it left behind; not under the monitor. */
  void clear() throws IOException, InterruptedException {
    family().kill(); // a container ends with its command
  }

  /** It is gone: says how. */
  void ended() throws IOException {
    OptionalInt status = Keeper.status(meta);
    boolean outOfMemory = cgroup.isPresent() && cgroup.get().outOfMemory() > 0;
    String how = Ending.words(status);
    if (kill.isPresent()) {
      killed(kill.get(), how);
    } else if (outOfMemory) {
      say(
          TaskState.TASK_FAILED,
          Source.SOURCE_AGENT,
          Reason.REASON_CONTAINER_LIMITATION_MEMORY,
          "Memory limit exceeded: Requested: %dMB".formatted(limits().memory().orElse(0L) >> 20));
    } else if (status.isEmpty()) {
      say(TaskState.TASK_FAILED, Source.SOURCE_AGENT, Reason.REASON_EXECUTOR_TERMINATED, how);
    } else {
      boolean well = status.getAsInt() == 0;
      say(
          well ? TaskState.TASK_FINISHED : TaskState.TASK_FAILED,
          Source.SOURCE_EXECUTOR,
          null,
          how);
    }
    if (Files.isDirectory(sandbox())) {
      Sandboxes.ended(sandbox(), machine.clock().instant());
    }
  }

  private void killed(AgentKill order, String how) throws IOException {
    boolean late = order.getReasonNumber() == Reason.REASON_MAX_COMPLETION_TIME_REACHED_VALUE;
    say(
        late ? TaskState.TASK_FAILED : TaskState.TASK_KILLED,
        Source.SOURCE_EXECUTOR,
        order.getReasonNumber() == 0 ? null : Reason.forNumber(order.getReasonNumber()),
        order.getReason().isEmpty() ? how : order.getReason() + ": " + how);
  }

  /** Removes its group once nothing of it runs; waits for the kernel. */
  void forget() throws InterruptedException {
    if (cgroup.isPresent()) {
      cgroup.get().remove();
    }
  }

  private Family family() throws IOException {
    OptionalLong task = Keeper.task(meta);
    long end = System.nanoTime() + PID_WITHIN.toNanos();
    while (task.isEmpty() && keeper.filter(Keeper::runs).isPresent()) {
      if (System.nanoTime() - end > 0) {
        throw new IOException("its keeper does not say which process it is");
      }
      LockSupport.parkNanos(PID_LOOK.toNanos());
      task = Keeper.task(meta);
    }
    // without one there is nothing but what its marks show
    return new Family(task.orElse(Long.MAX_VALUE), marks(), cgroup);
  }

  private Map<String, String> marks() {
    return Family.marks(machine.disk(), Machine.MARK, container);
  }

  private Limits limits() {
    return TaskLimits.of(info());
  }

  private boolean has(Capability.Type capability) {
    return launch.getFramework().getCapabilitiesList().stream()
        .anyMatch(each -> each.getType() == capability);
  }

  /** Writes a status down; who sends it looks at the log. */
  void say(TaskState state, Source source, @Nullable Reason reason, String message)
      throws IOException {
    UUID uuid = UUID.randomUUID();
    ByteBuffer bytes = ByteBuffer.allocate(16);
    bytes.putLong(uuid.getMostSignificantBits()).putLong(uuid.getLeastSignificantBits()).flip();
    TaskStatus.Builder status =
        TaskStatus.newBuilder()
            .setTaskId(info().getTaskId())
            .setState(state)
            .setSource(source)
            .setAgentId(agent)
            .setExecutorId(ExecutorID.newBuilder().setValue(info().getTaskId().getValue()))
            .setTimestamp(machine.seconds())
            .setUuid(ByteString.copyFrom(bytes))
            .setContainerStatus(
                ContainerStatus.newBuilder()
                    .setContainerId(ContainerID.newBuilder().setValue(container)));
    if (reason != null) {
      status.setReason(reason);
    }
    if (!message.isEmpty()) {
      status.setMessage(message);
    }
    updates.append(status.build());
    machine.changed().run();
  }
}

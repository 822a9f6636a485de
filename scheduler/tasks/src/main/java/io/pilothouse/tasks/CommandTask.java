package io.pilothouse.tasks;

import io.pilothouse.api.v1.AgentKill;
import io.pilothouse.api.v1.AgentLaunch;
import io.pilothouse.filesync.DurableFiles;
import io.pilothouse.manifests.ProcessSpec.Limits;
import io.pilothouse.mesos.v1.AgentID;
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
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
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

  /** Before an end that could not be seen to is tried again. */
  private static final Duration PAUSE = Duration.ofSeconds(1);

  /** Why it never ran, or is not known to: it is ended, and that is told. */
  private record Broken(TaskState state, Reason reason, String words) {}

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
  private Optional<Broken> broken = Optional.empty();
  private final Killing killing;
  private long notBefore = System.nanoTime();
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
    this.killing = new Killing(container, this::family);
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

  /**
   * Starts it; what goes wrong is its framework's to know, and no failure here. It is told once
   * nothing runs that may have been started, for its resources are free from then on.
   *
   * @throws IOException when not even its first status can be written down
   */
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
      run();
    } catch (IOException | RuntimeException e) {
      broken =
          Optional.of(
              new Broken(
                  TaskState.TASK_FAILED,
                  Reason.REASON_CONTAINER_LAUNCH_FAILED,
                  "Failed to launch container: " + e.getMessage()));
      machine.changed().run();
      return;
    }
    say(TaskState.TASK_RUNNING, Source.SOURCE_EXECUTOR, null, "");
    log.info("task {} of {} runs in {}", info().getTaskId().getValue(), framework(), container);
  }

  private void run() throws IOException {
    Path sandbox = sandbox();
    TaskCommand command = TaskCommand.of(launch);
    command.prepare(sandbox);
    new Volumes(machine.tasks()).link(meta, info().getResourcesList(), sandbox, command.user());
    Map<String, String> environment =
        TaskEnvironment.of(machine.environment(), agent.getValue(), framework(), info(), sandbox);
    environment.putAll(marks());
    command.write(meta, environment);
    cgroup = machine.cgroups().make(container, limits());
    Process process =
        Keeper.start(meta, command.line(cgroup), sandbox, machine.environment(), marks());
    Keeper started = Keeper.of(process);
    keeper = Optional.of(started);
    var unused = process.onExit().thenRun(machine.changed());
    started.remember(meta);
  }

  /** Whether it is known who keeps it. */
  boolean wasStarted() throws IOException {
    return Keeper.of(meta).isPresent();
  }

  /** Goes on with what an agent before this one started. */
  void adopt() throws IOException {
    if (updates.hasEnded()) {
      return;
    }
    keeper = Keeper.of(meta);
    if (keeper.isEmpty()) {
      boolean aware = has(Capability.Type.PARTITION_AWARE);
      broken =
          Optional.of(
              new Broken(
                  aware ? TaskState.TASK_GONE : TaskState.TASK_LOST,
                  Reason.REASON_AGENT_RESTARTED,
                  "The agent ended while it started the task"));
      return;
    }
    OptionalLong task = leader();
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
      kill.ifPresent(each -> killing.ask(grace(each)));
      log.info("task {} of {} goes on", info().getTaskId().getValue(), framework());
    }
  }

  private static boolean runs(TaskState state) {
    return state == TaskState.TASK_RUNNING || state == TaskState.TASK_KILLING;
  }

  /** Asked to end; asked again only to end sooner. */
  void kill(AgentKill order) throws IOException {
    if (updates.hasEnded()) {
      return;
    }
    if (kill.isPresent()) {
      killing.ask(grace(order)); // who ordered first stays why it ended
      return;
    }
    DurableFiles.replace(meta.resolve("kill"), order.toByteArray());
    kill = Optional.of(order);
    killing.ask(grace(order));
    if (has(Capability.Type.TASK_KILLING_STATE)) {
      say(TaskState.TASK_KILLING, Source.SOURCE_EXECUTOR, null, order.getReason());
    }
  }

  boolean isToEnd() {
    return kill.isPresent();
  }

  /** Tries a kill again that did not come to its end. */
  void killAgain() {
    if (!hasEnded() && keeper.filter(Keeper::runs).isPresent()) {
      killing.again();
    }
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
    boolean runs = !hasEnded() && keeper.filter(Keeper::runs).isPresent();
    if (!info().hasMaxCompletionTime() || !runs || kill.isPresent()) {
      return false;
    }
    Duration most = Duration.ofNanos(info().getMaxCompletionTime().getNanoseconds());
    return ProcFs.age(keeper.get().startTicks()).compareTo(most) > 0;
  }

  /** It is here, and a scheduler thinks that it is not: says how it is. */
  void tellAgain() throws IOException {
    Optional<TaskStatus> now = updates.latest();
    if (now.isPresent() && updates.unacknowledged() == 0) {
      say(now.get().getState(), Source.SOURCE_AGENT, null, "The task was launched before");
    }
    retry.anew();
    machine.changed().run();
  }

  /** Whether it ended, and that is not written down yet. */
  boolean endsNow() {
    return !updates.hasEnded()
        && System.nanoTime() - notBefore >= 0
        && (broken.isPresent() || keeper.filter(each -> !each.runs()).isPresent());
  }

  /** Its end could not be seen to: later. */
  void postpone() {
    notBefore = System.nanoTime() + PAUSE.toNanos();
  }

  /** Waits for what it left behind; not under the monitor. */
  void clear() throws IOException, InterruptedException {
    family().kill(); // a container ends with its command
  }

  /** It is gone: says how. */
  void ended() throws IOException {
    if (broken.isPresent()) {
      say(broken.get().state(), Source.SOURCE_AGENT, broken.get().reason(), broken.get().words());
    } else {
      sayHow();
    }
    if (Files.isDirectory(sandbox())) {
      Sandboxes.ended(sandbox(), machine.clock().instant());
    }
  }

  private void sayHow() throws IOException {
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

  /** All of it; waits for a keeper that has only just been started. */
  private Family family() throws IOException {
    OptionalLong task = leader();
    long end = System.nanoTime() + PID_WITHIN.toNanos();
    while (task.isEmpty()
        && keeper.filter(Keeper::runs).isPresent()
        && System.nanoTime() - end < 0) {
      LockSupport.parkNanos(PID_LOOK.toNanos());
      task = leader();
    }
    // once it has ended its pid may be anybody's: then all is told by control group and marks
    return new Family(task.orElse(Long.MAX_VALUE), marks(), cgroup);
  }

  private OptionalLong leader() throws IOException {
    OptionalLong written = Keeper.task(meta);
    return written.isPresent() || keeper.isEmpty() ? written : keeper.get().child();
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
    TaskStatus.Builder status =
        Statuses.of(info(), agent, container, machine.seconds()).setState(state).setSource(source);
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

package io.pilothouse.tasks;

import io.pilothouse.api.v1.AgentKill;
import io.pilothouse.mesos.v1.FrameworkInfo.Capability;
import io.pilothouse.mesos.v1.TaskInfo;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.mesos.v1.TaskStatus.Reason;
import io.pilothouse.mesos.v1.TaskStatus.Source;
import io.pilothouse.tasks.lending.Usage;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One task that is a command, from its launch to its last status. Its fields belong to the monitor
 * of {@link Tasks}; what waits for processes runs without it.
 */
final class CommandTask implements Task, Run {
  private static final Logger log = LoggerFactory.getLogger(CommandTask.class);

  private static final String WHO = "Command";

  /** Mesos' own, where neither the task nor who kills it says. */
  private static final Duration GRACE = Duration.ofSeconds(3);

  /** Before an end that could not be seen to is tried again. */
  private static final Duration PAUSE = Duration.ofSeconds(1);

  private final Machine machine;
  private final TaskRecord record;
  private final Optional<Containment> containment;
  private final Container processes;
  private final Provision provision;
  private final Checks checks;
  private final DiskQuotas disk;
  private final Order order;
  private Optional<AgentKill> kill = Optional.empty();

  /** Why it never ran, or is not known to: it is ended, and that is told. */
  private Optional<Cause> broken = Optional.empty();

  private long notBefore = System.nanoTime();

  /** Whether it runs and that could not be written down yet. */
  private boolean isToTell;

  CommandTask(Machine machine, TaskRecord record) {
    this.machine = machine;
    this.record = record;
    this.containment = Containment.of(record.info());
    this.processes =
        new Container(
            machine,
            record.container(),
            record.meta(),
            () -> Allotment.of(record.info().getResourcesList()),
            containment.isPresent());
    this.provision = new Provision(machine, record.container(), record.meta());
    this.checks = new Checks(machine, record);
    this.disk =
        new DiskQuotas(
            record.meta(), record.sandbox(), () -> machine.bundles().written(record.container()));
    this.order = new Order(record.meta());
  }

  @Override
  public TaskRecord record() {
    return record;
  }

  @Override
  public String container() {
    return record.container();
  }

  @Override
  public Usage.Load load() {
    return processes.load(isToEnd());
  }

  private TaskInfo info() {
    return record.info();
  }

  /**
   * Starts it; what goes wrong is its framework's to know, and no failure here. It is told once
   * nothing runs that may have been started, for its resources are free from then on.
   *
   * @throws IOException when not even its first status can be written down
   */
  void start() throws IOException {
    Optional<String> unable = Supported.objection(record.launch());
    if (unable.isPresent()) {
      record.say(
          new Cause(TaskState.TASK_FAILED, Reason.REASON_CONTAINER_LAUNCH_FAILED, unable.get()));
      return;
    }
    record.say(TaskState.TASK_STARTING, Source.SOURCE_EXECUTOR, null, "");
    begin();
  }

  /** Begins with what it needs; it runs now, or when that is there. */
  private void begin() throws IOException {
    Optional<String> image = containment.map(Containment::image);
    try {
      if (provision.begin(command(), record.sandbox(), image)) {
        return;
      }
    } catch (IOException | RuntimeException e) {
      cannotRun(e);
      return;
    }
    run();
  }

  private void cannotRun(Exception e) {
    broken = Optional.of(Cause.notLaunched(String.valueOf(e.getMessage())));
    machine.changed().run();
  }

  private TaskCommand command() throws IOException {
    return TaskCommand.of(info().getCommand(), record.launch().getFramework().getUser());
  }

  private void run() throws IOException {
    try {
      record.link();
      TaskCommand command = command();
      new Volumes(machine.tasks())
          .link(record.meta(), info().getResourcesList(), record.sandbox(), command.user());
      start(command);
    } catch (IOException | RuntimeException e) {
      cannotRun(e);
      return;
    }
    isToTell = true;
    tellRuns();
  }

  private void start(TaskCommand command) throws IOException {
    if (containment.isEmpty()) {
      Map<String, String> environment = TaskEnvironment.of(machine.environment(), record);
      Starting starting =
          MountedCommand.around(
              command.withGroups(record.meta(), info().getResourcesList()),
              machine,
              Occupant.of(record),
              info().getContainer());
      processes.start(starting, record.sandbox(), environment, limits());
      return;
    }
    ContainedCommand contained =
        new ContainedCommand(
            machine, Occupant.of(record), containment.get(), provision.prepared(), command.user());
    Map<String, String> environment =
        ContainedCommand.inside(TaskEnvironment.of(ContainedCommand.ofMachine(machine), record));
    processes.start(contained, record.sandbox(), environment, limits());
  }

  /** Whether its own program runs, or did: a container is made first. */
  private boolean isUp() {
    return containment.isEmpty() || machine.bundles().isMade(container());
  }

  private void tellRuns() throws IOException {
    if (!isUp()) {
      return; // in a later round
    }
    record.say(TaskState.TASK_RUNNING, Source.SOURCE_EXECUTOR, null, "");
    isToTell = false;
    log.info("task {} of {} runs in {}", record.id(), record.framework(), container());
    checks.start(processes, processes.age());
  }

  /** In each round: runs it if what it waits for is there, and tells what its checks found. */
  void goOn() throws IOException {
    if (provision.isWaiting()) {
      try {
        if (!provision.isReady()) {
          return;
        }
      } catch (IOException | RuntimeException e) {
        cannotRun(e);
        return;
      }
      run();
    } else if (kill.isEmpty() && !record.hasEnded()) {
      if (isToTell) {
        tellRuns(); // its container is made now, or the disk was full
      }
      Optional<String> ill = checks.tell();
      if (ill.isPresent()) {
        log.info("task {} of {} is ended: {}", record.id(), record.framework(), ill.get());
        kill(KillOrder.of(this).setReason(ill.get()).build());
      }
    }
  }

  /** This agent looks at it no more, and fetches nothing for it; the next one goes on. */
  void leave() {
    provision.cancel();
    checks.stop();
  }

  /** Whether it is known who keeps it. */
  boolean wasStarted() throws IOException {
    return processes.wasStarted();
  }

  /** Goes on with what an agent before this one started. */
  void adopt() throws IOException {
    if (record.hasEnded()) {
      return;
    }
    kill = order.read();
    if (!processes.adopt()) {
      if (!provision.wasWaiting()) {
        broken = Optional.of(Cause.gone(record, "The agent ended while it started the task"));
      } else if (kill.isPresent()) {
        broken = Optional.of(Cause.killedEarly(kill.get(), containment.isPresent()));
      } else {
        begin(); // once more
      }
      return;
    }
    if (processes.runs()) {
      boolean told =
          record.updates().latest().map(TaskStatus::getState).filter(CommandTask::runs).isPresent();
      isToTell = !told;
      if (kill.isPresent()) {
        processes.kill(grace(kill.get()));
      } else if (told) {
        checks.start(processes, processes.age());
      }
      log.info("task {} of {} goes on", record.id(), record.framework());
    }
  }

  private static boolean runs(TaskState state) {
    return state == TaskState.TASK_RUNNING || state == TaskState.TASK_KILLING;
  }

  @Override
  public void kill(AgentKill ordered) throws IOException {
    if (record.hasEnded()) {
      return;
    }
    if (kill.isPresent()) {
      processes.kill(grace(ordered)); // who ordered first stays why it ended
      return;
    }
    order.write(ordered);
    kill = Optional.of(ordered);
    checks.stop();
    if (provision.isWaiting()) {
      provision.cancel();
      broken = Optional.of(Cause.killedEarly(ordered, containment.isPresent()));
      machine.changed().run();
      return;
    }
    // what has not begun in its container has nothing to end in order
    processes.kill(isUp() ? grace(ordered) : Duration.ZERO);
    if (record.has(Capability.Type.TASK_KILLING_STATE)) {
      try {
        record.say(TaskState.TASK_KILLING, Source.SOURCE_EXECUTOR, null, ordered.getReason());
      } catch (IOException e) {
        log.warn("nobody is told that task {} is being killed: {}", record.id(), e.toString());
      }
    }
  }

  @Override
  public List<DiskQuota> quotas() {
    return processes.runs() && !record.hasEnded() ? disk.of(info().getResourcesList()) : List.of();
  }

  @Override
  public void exceeded(Cause cause) {
    log.info("task {} of {} is ended: {}", record.id(), record.framework(), cause.words());
    broken = Optional.of(cause);
    machine.changed().run();
  }

  @Override
  public boolean isToEnd() {
    return kill.isPresent();
  }

  @Override
  public void killAgain() throws IOException {
    if (!record.hasEnded()) {
      processes.killAgain();
      order.writeAgain();
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

  @Override
  public boolean isOverdue() throws IOException {
    if (!info().hasMaxCompletionTime()
        || kill.isPresent()
        || record.hasEnded()
        || !processes.runs()) {
      return false;
    }
    Duration most = Duration.ofNanos(info().getMaxCompletionTime().getNanoseconds());
    return processes.age().compareTo(most) > 0;
  }

  @Override
  public boolean endsNow() {
    return !record.hasEnded()
        && System.nanoTime() - notBefore >= 0
        && (broken.isPresent() || processes.hasEnded());
  }

  @Override
  public void postpone() {
    notBefore = System.nanoTime() + PAUSE.toNanos();
  }

  @Override
  public void clear() throws IOException, InterruptedException {
    processes.clear();
  }

  @Override
  public void ended() throws IOException {
    checks.stop();
    if (broken.isPresent()) {
      record.say(broken.get());
    } else {
      sayHow();
    }
    if (Files.isDirectory(record.sandbox())) {
      Sandboxes.ended(record.sandbox(), machine.clock().instant());
    }
  }

  private void sayHow() throws IOException {
    OptionalInt status = processes.status();
    Optional<Cause> outOfMemory = processes.outOfMemory();
    if (containment.isPresent() && isToTell && kill.isEmpty() && isUp()) {
      record.say(TaskState.TASK_RUNNING, Source.SOURCE_EXECUTOR, null, ""); // but for a moment
      isToTell = false;
    }
    if (kill.isPresent()) {
      killed(kill.get(), Ending.words(WHO, status));
    } else if (outOfMemory.isPresent()) {
      record.say(outOfMemory.get());
    } else if (!isUp()) {
      record.say(Cause.notLaunched(machine.bundles().reason(container())));
    } else if (status.isEmpty()) {
      String how = processes.words(WHO);
      record.say(new Cause(TaskState.TASK_FAILED, Reason.REASON_EXECUTOR_TERMINATED, how));
    } else if (status.getAsInt() == 0) {
      String how = Ending.words(WHO, status);
      record.say(TaskState.TASK_FINISHED, Source.SOURCE_EXECUTOR, null, how);
    } else {
      record.say(TaskState.TASK_FAILED, Source.SOURCE_EXECUTOR, null, processes.words(WHO));
    }
  }

  private void killed(AgentKill order, String how) throws IOException {
    boolean late = order.getReasonNumber() == Reason.REASON_MAX_COMPLETION_TIME_REACHED_VALUE;
    record.say(
        late ? TaskState.TASK_FAILED : TaskState.TASK_KILLED,
        Source.SOURCE_EXECUTOR,
        order.getReasonNumber() == 0 ? null : Reason.forNumber(order.getReasonNumber()),
        order.getReason().isEmpty() ? how : order.getReason() + ": " + how);
  }

  @Override
  public void forget() throws IOException, InterruptedException {
    processes.forget();
    machine.bundles().remove(container(), tree -> Trash.take(machine.tasks(), tree));
  }

  private TaskLimits limits() {
    return TaskLimits.of(info(), machine.rules().get());
  }
}

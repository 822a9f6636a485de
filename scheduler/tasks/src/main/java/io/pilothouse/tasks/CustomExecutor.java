package io.pilothouse.tasks;

import com.google.protobuf.ByteString;
import io.pilothouse.api.v1.AgentKill;
import io.pilothouse.mesos.v1.TaskID;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.mesos.v1.TaskStatus.Reason;
import io.pilothouse.mesos.v1.executor.Call;
import io.pilothouse.tasks.lending.Usage;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An executor that its framework brought: a process, the stream that it reads, the tasks that it
 * has. Its fields belong to the monitor of {@link Tasks}.
 */
final class CustomExecutor implements Executor, Run {
  private static final Logger log = LoggerFactory.getLogger(CustomExecutor.class);
  private static final Duration PAUSE = Duration.ofSeconds(1);

  private final Machine machine;
  private final ExecutorRecord record;
  private final ExecutorTimes times;
  private final ExecutorToken token;
  private final Container processes;
  private final ExecutorStart start;
  private final ExecutorBounds bounds;

  /** Those that are not over, by their ids. */
  private final Map<String, ExecutorTask> tasks = new LinkedHashMap<>();

  private Optional<ExecutorEvents> events = Optional.empty();

  /** By when it must read events, when it does not (nanoTime); none while nobody could. */
  private Optional<Long> subscribeBy = Optional.empty();

  private boolean subscribed;

  /** By when it must have ended (nanoTime), once it was told to. */
  private Optional<Long> endBy = Optional.empty();

  /** Why its tasks end with it, if not by how it ended. */
  private Optional<Cause> cause = Optional.empty();

  private long notBefore = System.nanoTime();
  private boolean over;

  private CustomExecutor(
      Machine machine, ExecutorRecord record, ExecutorTimes times, ExecutorToken token) {
    this.machine = machine;
    this.record = record;
    this.times = times;
    this.token = token;
    this.processes =
        new Container(
            machine,
            record.container(),
            record.meta(),
            this::allotment,
            Containment.of(record.info().getContainer()).isPresent());
    this.start = new ExecutorStart(machine, record, token, processes);
    this.bounds = new ExecutorBounds(machine, record, tasks.values());
    this.subscribed = Files.exists(record.meta().resolve("subscribed"));
  }

  /** A new one, not started. */
  static CustomExecutor create(Machine machine, ExecutorRecord record, ExecutorTimes times)
      throws IOException {
    return new CustomExecutor(machine, record, times, ExecutorToken.create(record.meta()));
  }

  /** One that an agent before this one made. */
  static CustomExecutor load(Machine machine, ExecutorRecord record, ExecutorTimes times)
      throws IOException {
    return new CustomExecutor(machine, record, times, ExecutorToken.load(record.meta()));
  }

  @Override
  public ExecutorRecord record() {
    return record;
  }

  @Override
  public String container() {
    return record.container();
  }

  @Override
  public Usage.Load load() {
    return processes.load(isEnding());
  }

  ExecutorToken token() {
    return token;
  }

  /** Whether one of its processes calls; looks at them, not under the monitor. */
  boolean has(LocalCaller caller) throws IOException {
    return caller.isOf(processes.pids());
  }

  boolean isSubscribed() {
    return events.isPresent();
  }

  @Override
  public boolean isEnding() {
    return over || endBy.isPresent() || cause.isPresent();
  }

  @Override
  public boolean isOver() {
    return over;
  }

  /** Starts it; what goes wrong is its tasks' end, and no failure here. */
  void start(String endpoint) {
    started(() -> start.begin(endpoint, bounds.limits()));
  }

  private void started(ExecutorStart.Step step) {
    try {
      if (step.runsNow()) {
        subscribeWithin(times.register());
        log.info("executor {} of {} runs in {}", record.id(), record.framework(), container());
      }
    } catch (IOException | RuntimeException e) {
      cannotStart(String.valueOf(e.getMessage()));
    }
  }

  void cannotStart(String why) {
    cause = Optional.of(Cause.notLaunched(why));
    machine.changed().run();
  }

  boolean wasStarted() throws IOException {
    return processes.wasStarted();
  }

  /** Goes on with what an agent before this one started; its tasks are here. */
  void adopt() throws IOException {
    boolean ends = Files.exists(record.meta().resolve("shutdown"));
    if (!processes.adopt() && (ends || !start.isToBeginAgain())) {
      cause =
          Optional.of(
              new Cause(
                  TaskState.TASK_LOST,
                  Reason.REASON_AGENT_RESTARTED,
                  "The agent ended while it started the executor"));
    } else if (ends) {
      endWithin(record.grace());
    }
  }

  /** It can be spoken with from now on. */
  void expect(String endpoint) {
    if (start.isToBegin()) {
      start(endpoint);
    } else if (events.isEmpty() && subscribeBy.isEmpty() && !start.isWaiting()) {
      subscribeWithin(subscribed ? times.back() : times.register());
    }
  }

  private void subscribeWithin(Duration time) {
    subscribeBy = Optional.of(System.nanoTime() + time.toNanos());
  }

  void add(ExecutorTask task) {
    if (!task.record().hasEnded()) {
      tasks.put(task.record().id(), task);
    }
  }

  /** It has other tasks than before: what it may use, and what it is to be told. */
  void tasksChanged() throws IOException {
    processes.limit(bounds.limits());
    if (events.isPresent() && endBy.isEmpty()) {
      events.get().launch(List.copyOf(tasks.values()));
    }
  }

  private Allotment allotment() {
    return bounds.allotment();
  }

  @Override
  public List<DiskQuota> quotas() {
    return processes.runs() ? bounds.disk() : List.of();
  }

  @Override
  public void exceeded(Cause excess) {
    cause = Optional.of(excess); // the next round ends it
    machine.changed().run();
  }

  /** It reads events from now on. What it says first: what it does not know to have arrived. */
  void subscribe(ExecutorEvents stream, Call.Subscribe said, LongSupplier waiting)
      throws IOException {
    events.ifPresent(ExecutorEvents::end);
    events = Optional.of(stream);
    subscribeBy = Optional.empty();
    stream.subscribed(record, machine);
    boolean first = !subscribed;
    if (first) {
      subscribed = true;
      Files.createFile(record.meta().resolve("subscribed"));
    }
    for (Call.Update each : said.getUnacknowledgedUpdatesList()) {
      Optional<String> objection = ExecutorCallCheck.objection(each.getStatus(), record);
      if (objection.isPresent()) {
        log.warn("{}: a status of before is left out: {}", container(), objection.get());
      } else {
        var unused = update(each.getStatus(), waiting); // one too many comes again
      }
    }
    Set<String> has = new LinkedHashSet<>();
    said.getUnacknowledgedTasksList().forEach(each -> has.add(each.getTaskId().getValue()));
    for (ExecutorTask each : List.copyOf(tasks.values())) {
      reconcile(each, has.contains(each.record().id()));
    }
    tasksChanged();
    if (endBy.isPresent()) {
      stream.shutDown();
    } else if (first && tasks.isEmpty()) {
      shutDown(); // what it was started for is over, and nobody else will end it
    }
    log.info("executor {} of {} is subscribed", record.id(), record.framework());
  }

  private void reconcile(ExecutorTask task, boolean has) throws IOException {
    if (task.isSent() && !has && task.record().updates().latest().isEmpty()) {
      task.gone(
          Cause.dropped(
              task.record(),
              Reason.REASON_AGENT_RESTARTED,
              "The task's launch did not reach its executor"));
      tasks.remove(task.record().id());
      events.ifPresent(each -> each.kill(task.record().info().getTaskId(), null)); // if it did
    } else if (task.isSent() && task.order().isPresent()) {
      events.ifPresent(each -> each.kill(task.record().info().getTaskId(), task.order().get()));
    }
  }

  /** The stream is over; another may have taken its place. */
  void unsubscribe(ExecutorEvents stream) {
    if (events.filter(stream::equals).isPresent()) {
      events = Optional.empty();
      subscribeWithin(times.back());
    }
  }

  /**
   * What it says of a task.
   *
   * @param waiting bytes of statuses of all tasks that are not acknowledged
   * @return why that is not taken now; empty when it is
   */
  Optional<String> update(TaskStatus status, LongSupplier waiting) throws IOException {
    TaskID id = status.getTaskId();
    ExecutorTask task = tasks.get(id.getValue());
    if (task == null) {
      // over, acknowledged to the end or never its own: it need not tell again
      acknowledged(id, status.getUuid());
      return Optional.empty();
    }
    TaskRecord known = task.record();
    if (known.knows(status.getUuid())) {
      if (known.updates().isAcknowledged(status.getUuid())) {
        acknowledged(id, status.getUuid());
      }
      return Optional.empty();
    }
    Optional<String> full = ExecutorCallCheck.tooMany(known.updates(), waiting.getAsLong());
    if (full.isEmpty()) {
      known.pass(status);
      if (known.hasEnded()) {
        tasks.remove(id.getValue());
        tasksChanged();
      }
    }
    return full;
  }

  /** Its framework has heard a status. */
  void acknowledged(TaskID task, ByteString uuid) {
    events.ifPresent(each -> each.acknowledged(task, uuid));
  }

  void message(ByteString data) {
    events.ifPresent(each -> each.message(data));
  }

  /** A task of it is to end; it is told at once, or when it reads events again. */
  void kill(ExecutorTask task, AgentKill order) throws IOException {
    if (task.isSent()) {
      events.ifPresent(each -> each.kill(task.record().info().getTaskId(), order));
      return;
    }
    String group = task.record().group();
    for (ExecutorTask each : List.copyOf(tasks.values())) {
      boolean together = !group.isEmpty() && each.record().group().equals(group);
      if (each == task || (together && !each.isSent())) {
        boolean ordered = order.getReasonNumber() != 0;
        each.record()
            .say(
                new Cause(
                    TaskState.TASK_KILLED,
                    Optional.ofNullable(Reason.forNumber(order.getReasonNumber()))
                        .filter(reason -> ordered)
                        .orElse(Reason.REASON_TASK_KILLED_DURING_LAUNCH),
                    ordered ? order.getReason() : "Killed before delivered to the executor"));
        tasks.remove(each.record().id());
      }
    }
    if (tasks.isEmpty() && !subscribed) {
      shutDown(); // nobody else will end one that never had a task
    }
  }

  @Override
  public void shutDown() throws IOException {
    if (endBy.isEmpty() && !over) {
      var unused = Order.written(record.meta().resolve("shutdown"), new byte[0]);
      endWithin(events.isPresent() ? record.grace() : Duration.ZERO);
      events.ifPresent(ExecutorEvents::shutDown);
      cause = start.cancel().or(() -> cause);
      machine.changed().run();
    }
  }

  private void endWithin(Duration grace) {
    endBy = Optional.of(System.nanoTime() + ExecutorTimes.bounded(grace).toNanos());
  }

  /** In each round: what is late, and what is due. */
  void round() {
    long now = System.nanoTime();
    if (over) {
      return;
    }
    started(() -> start.goOn(bounds.limits()));
    boolean late = subscribeBy.isPresent() && now - subscribeBy.get() >= 0;
    if (late && events.isEmpty() && cause.isEmpty() && endBy.isEmpty()) {
      cause = Optional.of(times.absent(subscribed));
      log.warn("executor {} of {} is ended: {}", record.id(), record.framework(), cause.get());
    }
    if (cause.isPresent() || (endBy.isPresent() && now - endBy.get() >= 0)) {
      if (processes.runs()) {
        processes.kill(Duration.ZERO);
      }
    }
    processes.killAgain();
    events.ifPresent(each -> each.beat(now, times.heartbeat()));
  }

  @Override
  public boolean endsNow() {
    boolean neverRan = cause.isPresent() && !processes.runs();
    return !over && System.nanoTime() - notBefore >= 0 && (neverRan || processes.hasEnded());
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
    Cause why = cause.isPresent() ? cause.get() : start.ended();
    for (ExecutorTask each : List.copyOf(tasks.values())) {
      boolean lost = why.state() == TaskState.TASK_LOST;
      each.gone(lost ? Cause.gone(each.record(), why.words()) : why);
      tasks.remove(each.record().id());
    }
    events.ifPresent(ExecutorEvents::end);
    events = Optional.empty();
    if (Files.isDirectory(record.sandbox())) {
      Sandboxes.ended(record.sandbox(), machine.clock().instant());
    }
    over = true;
    log.info("executor {} of {} is over: {}", record.id(), record.framework(), why.words());
  }

  @Override
  public int waitStatus() throws IOException {
    return Ending.waited(processes.status());
  }

  @Override
  public void forget() throws IOException, InterruptedException {
    processes.forget();
    machine.bundles().remove(container(), tree -> Trash.take(machine.tasks(), tree));
  }
}

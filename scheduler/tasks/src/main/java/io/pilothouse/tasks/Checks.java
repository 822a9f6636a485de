package io.pilothouse.tasks;

import io.pilothouse.mesos.v1.CheckStatusInfo;
import io.pilothouse.mesos.v1.TaskInfo;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.mesos.v1.TaskStatus.Reason;
import io.pilothouse.tasks.check.Checker;
import io.pilothouse.tasks.check.Health;
import io.pilothouse.tasks.check.Watch;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/**
 * What looks at one task, and what it found. Only changes are told, and of each kind one at a time:
 * while it is not acknowledged, the next one waits, and is then what is so at that time. So a check
 * that finds something else each time fills no disk while nobody listens. Under the monitor of
 * {@link Tasks}; those who look have threads, and leave their news here.
 */
final class Checks {
  private final Machine machine;
  private final TaskRecord record;
  private final AtomicReference<Health.Change> health = new AtomicReference<>(Health.Change.NONE);
  private final AtomicReference<Optional<CheckStatusInfo>> check =
      new AtomicReference<>(Optional.empty());
  private final List<Checker> checkers = new ArrayList<>();

  /** Of health, what is not told yet. */
  private Health.Change untold = Health.Change.NONE;

  /** The same of the check. */
  private Optional<CheckStatusInfo> found = Optional.empty();

  /** What its framework was told, by these words or others. */
  private Optional<Boolean> toldHealth = Optional.empty();

  private Optional<CheckStatusInfo> toldCheck = Optional.empty();

  Checks(Machine machine, TaskRecord record) {
    this.machine = machine;
    this.record = record;
  }

  /**
   * Begins to look, as the task asks for.
   *
   * @param age how long it has run
   */
  void start(Container processes, Duration age) {
    TaskInfo info = record.info();
    Watch watch =
        new Watch(
            record.container(),
            age,
            command -> new CheckCommand(machine, record, processes).of(command));
    Optional<TaskStatus> told = record.updates().latest();
    if (info.hasHealthCheck()) {
      toldHealth = told.filter(TaskStatus::hasHealthy).map(TaskStatus::getHealthy);
      checkers.add(
          watch.health(
              info.getHealthCheck(),
              toldHealth,
              change -> {
                health.accumulateAndGet(change, Health.Change::and);
                machine.changed().run();
              }));
    }
    if (info.hasCheck()) {
      CheckStatusInfo said =
          told.filter(TaskStatus::hasCheckStatus)
              .map(TaskStatus::getCheckStatus)
              .orElseGet(() -> Watch.nothing(info.getCheck()));
      checkers.add(
          watch.check(
              info.getCheck(),
              said,
              status -> {
                check.set(Optional.of(status));
                machine.changed().run();
              }));
      toldCheck = Optional.of(said);
    }
  }

  /**
   * Tells what is new, if it is time for it.
   *
   * @return why the task is to be killed, until it is; empty when it is not
   */
  Optional<String> tell() throws IOException {
    untold = untold.and(health.getAndSet(Health.Change.NONE));
    untold.healthy().ifPresent(record::found);
    found = check.getAndSet(Optional.empty()).or(() -> found);
    found.ifPresent(record::found);
    tellCheck();
    tellHealth();
    return untold.kill();
  }

  private void tellCheck() throws IOException {
    if (found.isEmpty() || waits(Reason.REASON_TASK_CHECK_STATUS_UPDATED)) {
      return;
    }
    if (!found.equals(toldCheck)) {
      record.sayFound(Reason.REASON_TASK_CHECK_STATUS_UPDATED, "");
      toldCheck = found;
    }
    found = Optional.empty();
  }

  private void tellHealth() throws IOException {
    Optional<Boolean> healthy = untold.healthy();
    // who is killed for it is told at once
    boolean waits = waits(Reason.REASON_TASK_HEALTH_CHECK_STATUS_UPDATED);
    if (healthy.isEmpty() || (waits && untold.kill().isEmpty())) {
      return;
    }
    if (!healthy.equals(toldHealth)) {
      record.sayFound(Reason.REASON_TASK_HEALTH_CHECK_STATUS_UPDATED, untold.words());
      toldHealth = healthy;
    }
    untold = new Health.Change(Optional.empty(), "", untold.kill());
  }

  private boolean waits(Reason reason) {
    return record.updates().isWaiting(reason);
  }

  /** It is no more looked at. */
  void stop() {
    checkers.forEach(Checker::close);
    checkers.clear();
    health.set(Health.Change.NONE);
    check.set(Optional.empty());
    untold = Health.Change.NONE;
    found = Optional.empty();
  }
}

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
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * What looks at one task, and what it found. Only changes are told. Under the monitor of {@link
 * Tasks}; those who look have threads, and leave their news here.
 */
final class Checks {
  /** What is to be told: one of the two. */
  private record News(Optional<Health.Change> health, Optional<CheckStatusInfo> check) {}

  private final Machine machine;
  private final TaskRecord record;
  private final Queue<News> news = new ConcurrentLinkedQueue<>();
  private final List<Checker> checkers = new ArrayList<>();

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
      Optional<Boolean> said = told.filter(TaskStatus::hasHealthy).map(TaskStatus::getHealthy);
      checkers.add(
          watch.health(
              info.getHealthCheck(),
              said,
              change -> add(new News(Optional.of(change), Optional.empty()))));
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
              status -> add(new News(Optional.empty(), Optional.of(status)))));
    }
  }

  private void add(News found) {
    news.add(found);
    machine.changed().run();
  }

  /**
   * Tells what is new.
   *
   * @return why the task is to be killed; empty when it is not
   */
  Optional<String> tell() throws IOException {
    for (News each = news.peek(); each != null; each = news.peek()) {
      if (each.check().isPresent()) {
        CheckStatusInfo status = each.check().get();
        record.sayAgain(
            last -> last.setReason(Reason.REASON_TASK_CHECK_STATUS_UPDATED).setCheckStatus(status));
      }
      Health.Change change = each.health().orElse(Health.Change.NONE);
      if (change.healthy().isPresent()) {
        record.sayAgain(
            last ->
                last.setReason(Reason.REASON_TASK_HEALTH_CHECK_STATUS_UPDATED)
                    .setHealthy(change.healthy().get())
                    .setMessage(change.words()));
      }
      news.remove();
      if (change.kill().isPresent()) {
        return change.kill();
      }
    }
    return Optional.empty();
  }

  /** It is no more looked at. */
  void stop() {
    checkers.forEach(Checker::close);
    checkers.clear();
    news.clear();
  }
}

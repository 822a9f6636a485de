package io.pilothouse.tasks;

import io.pilothouse.api.v1.AgentKill;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A task that a framework's own executor runs: the agent passes on what is said of it. */
final class ExecutorTask implements Task {
  /** Beside the task's own grace, for one that must end: its executor ends with it after that. */
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final TaskRecord record;

  /** Where it runs; null where that is not known any more. */
  private final @Nullable CustomExecutor executor;

  private final Order order;
  private Optional<AgentKill> kill;
  private boolean sent;

  /** Why it was not taken on, until that is written down. */
  private Optional<Cause> refused = Optional.empty();

  /** By when it must have ended, if it must (nanoTime). */
  private Optional<Long> endBy = Optional.empty();

  ExecutorTask(TaskRecord record, @Nullable CustomExecutor executor) throws IOException {
    this.record = record;
    this.executor = executor;
    this.sent = Files.exists(sentFile());
    this.order = new Order(record.meta());
    this.kill = order.read();
    kill.ifPresent(this::mustEnd);
  }

  /**
   * One that is not taken on: its framework is told why, once {@link #goOn} could write it down.
   */
  static ExecutorTask refused(TaskRecord record, Cause why) throws IOException {
    ExecutorTask task = new ExecutorTask(record, null);
    task.refused = Optional.of(why);
    return task;
  }

  /** In each round: says what could not be said before. */
  void goOn() throws IOException {
    if (refused.isPresent()) {
      gone(refused.get());
      refused = Optional.empty();
    }
  }

  private Path sentFile() {
    return record.meta().resolve("sent");
  }

  @Override
  public TaskRecord record() {
    return record;
  }

  /** Whether its executor may know of it. */
  boolean isSent() {
    return sent;
  }

  /** About to be. */
  void sent() throws IOException {
    if (!sent) {
      Files.createFile(sentFile());
      sent = true;
    }
  }

  Optional<AgentKill> order() {
    return kill;
  }

  @Override
  public void kill(AgentKill ordered) throws IOException {
    if (record.hasEnded() || executor == null) {
      return;
    }
    if (kill.isEmpty()) {
      order.write(ordered);
      kill = Optional.of(ordered);
    }
    mustEnd(ordered);
    executor.kill(this, ordered);
  }

  /** What the framework orders is between it and its executor; what the machine orders is not. */
  private void mustEnd(AgentKill order) {
    if (order.getReasonNumber() == 0) {
      return;
    }
    Duration grace =
        order.getKillPolicy().hasGracePeriod()
            ? Duration.ofNanos(order.getKillPolicy().getGracePeriod().getNanoseconds())
            : Duration.ofNanos(record.info().getKillPolicy().getGracePeriod().getNanoseconds());
    Duration bounded = grace.compareTo(Duration.ofDays(365)) > 0 ? Duration.ofDays(365) : grace;
    long by = System.nanoTime() + bounded.plus(PATIENCE).toNanos();
    endBy = Optional.of(endBy.isPresent() && endBy.get() - by < 0 ? endBy.get() : by);
  }

  @Override
  public boolean isToEnd() {
    return kill.isPresent();
  }

  @Override
  public void killAgain() throws IOException {
    if (!record.hasEnded()) {
      order.writeAgain();
    }
    boolean late = endBy.isPresent() && System.nanoTime() - endBy.get() >= 0;
    if (late && executor != null && !record.hasEnded()) {
      executor.shutDown();
    }
  }

  /** Its executor sees to that, or does not: as in Mesos. */
  @Override
  public boolean isOverdue() {
    return false;
  }

  /** Its executor is gone, and so is it: for that reason unless it was to end for another one. */
  void gone(Cause cause) throws IOException {
    if (record.hasEnded()) {
      return;
    }
    Optional<AgentKill> must = kill.filter(each -> each.getReasonNumber() != 0);
    record.say(
        must.isEmpty()
            ? cause
            : new Cause(
                TaskState.TASK_KILLED,
                Optional.ofNullable(Reason.forNumber(must.get().getReasonNumber()))
                    .orElse(Reason.REASON_EXECUTOR_TERMINATED),
                must.get().getReason() + ": " + cause.words()));
  }
}

package io.pilothouse.tasks;

import io.pilothouse.api.v1.AgentKill;
import io.pilothouse.mesos.v1.DurationInfo;
import io.pilothouse.mesos.v1.KillPolicy;
import java.io.IOException;
import java.util.List;
import java.util.function.Supplier;

/**
 * Mesos' default executor, of task groups: here it is but a directory that its tasks share, and is
 * over with the last of them. The tasks are commands like others.
 */
final class BuiltInExecutor implements Executor {
  private final ExecutorRecord record;
  private final Supplier<List<Task>> tasks;
  private boolean ending;

  /**
   * @param tasks those in it
   */
  BuiltInExecutor(ExecutorRecord record, Supplier<List<Task>> tasks) {
    this.record = record;
    this.tasks = tasks;
  }

  @Override
  public ExecutorRecord record() {
    return record;
  }

  @Override
  public boolean isEnding() {
    return ending;
  }

  @Override
  public boolean isOver() {
    return tasks.get().stream().allMatch(each -> each.record().hasEnded());
  }

  @Override
  public int waitStatus() {
    return 0;
  }

  @Override
  public void shutDown() throws IOException {
    ending = true;
    for (Task each : tasks.get()) {
      each.kill(
          AgentKill.newBuilder()
              .setFrameworkId(record.frameworkInfo().getId())
              .setTaskId(each.record().info().getTaskId())
              .setKillPolicy(
                  KillPolicy.newBuilder()
                      .setGracePeriod(
                          DurationInfo.newBuilder().setNanoseconds(record.grace().toNanos())))
              .setReason("Its executor was shut down")
              .build());
    }
  }
}

package org.apache.mesos;

import io.pilothouse.driver.ExecutorSide;
import io.pilothouse.driver.Settings;
import java.util.Map;
import org.apache.mesos.Protos.Status;
import org.apache.mesos.Protos.TaskStatus;

/**
 * The driver of executors of Mesos' own name, in Java alone, as {@link MesosSchedulerDriver} is
 * that of schedulers: it speaks the v1 HTTP API with the agent that started the executor.
 *
 * <p>What differs from Mesos' class: a status is sent before {@link #sendStatusUpdate} returns, if
 * the agent is there, so that a last one is not lost by a {@link #stop} right after it.
 */
public class MesosExecutorDriver implements ExecutorDriver {
  private final ExecutorSide side;

  /** Where the agent is, and whose executor it is, is in the environment. */
  public MesosExecutorDriver(Executor executor) {
    this(executor, System.getenv(), Settings.Timing.USUAL);
  }

  MesosExecutorDriver(Executor executor, Map<String, String> environment, Settings.Timing timing) {
    side = new ExecutorSide(environment, timing, new ExecutorTeller(this, executor));
  }

  @Override
  public Status start() {
    return Statuses.of(side.start());
  }

  @Override
  public Status stop() {
    return Statuses.of(side.stop());
  }

  @Override
  public Status abort() {
    return Statuses.of(side.abort());
  }

  @Override
  public Status join() {
    return Statuses.of(side.join());
  }

  @Override
  public Status run() {
    Status started = start();
    return started == Status.DRIVER_RUNNING ? join() : started;
  }

  @Override
  public Status sendStatusUpdate(TaskStatus status) {
    return Statuses.of(side.update(status.toByteArray()));
  }

  @Override
  public Status sendFrameworkMessage(byte[] data) {
    return Statuses.of(side.message(data.clone()));
  }
}

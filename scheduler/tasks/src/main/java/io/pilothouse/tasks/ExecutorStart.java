package io.pilothouse.tasks;

import java.io.IOException;
import java.util.Optional;

/**
 * The start of an executor, which waits for what its command wants fetched. Under the monitor of
 * {@link Tasks}.
 */
final class ExecutorStart {
  /** Of the start. */
  interface Step {
    boolean runsNow() throws IOException;
  }

  private final Machine machine;
  private final ExecutorRecord record;
  private final ExecutorToken token;
  private final Container processes;
  private final Provision provision;
  private String endpoint = "";
  private boolean again;

  ExecutorStart(Machine machine, ExecutorRecord record, ExecutorToken token, Container processes) {
    this.machine = machine;
    this.record = record;
    this.token = token;
    this.processes = processes;
    this.provision = new Provision(machine, record.container(), record.meta());
  }

  /**
   * Begins.
   *
   * @param at host and port at which the agent takes its calls
   * @return whether it runs now
   * @throws IOException in words for its framework
   */
  boolean begin(String at, TaskLimits limits) throws IOException {
    endpoint = at;
    again = false;
    if (provision.begin(command(), record.sandbox(), Optional.empty())) {
      return false;
    }
    run(limits);
    return true;
  }

  private TaskCommand command() throws IOException {
    return TaskCommand.of(record.info().getCommand(), record.frameworkInfo().getUser());
  }

  private void run(TaskLimits limits) throws IOException {
    TaskCommand command = command();
    new Volumes(machine.tasks())
        .link(record.meta(), record.info().getResourcesList(), record.sandbox(), command.user());
    processes.start(
        command,
        record.sandbox(),
        TaskEnvironment.of(machine.environment(), record, endpoint, token.text()),
        limits);
  }

  /** An agent before this one may have ended while it fetched: then it is to begin again. */
  boolean isToBeginAgain() {
    again = provision.wasWaiting();
    return again;
  }

  /** Whether it is to begin as soon as it can be told where the agent is. */
  boolean isToBegin() {
    return again;
  }

  boolean isWaiting() {
    return again || provision.isWaiting();
  }

  /**
   * Goes on if it can.
   *
   * @return whether it runs now
   * @throws IOException in words for its framework
   */
  boolean goOn(TaskLimits limits) throws IOException {
    if (!provision.isWaiting() || !provision.isReady()) {
      return false;
    }
    run(limits);
    return true;
  }

  /**
   * Gives it up.
   *
   * @return whether there was something to
   */
  boolean cancel() {
    boolean waited = isWaiting();
    again = false;
    provision.cancel();
    return waited;
  }
}

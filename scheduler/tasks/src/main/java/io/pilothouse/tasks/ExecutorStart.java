package io.pilothouse.tasks;

import java.io.IOException;
import java.util.Map;
import java.util.Optional;

/**
 * The start of an executor, which waits for what its command wants fetched, and for its container.
 * Under the monitor of {@link Tasks}.
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
  private final Optional<Containment> containment;
  private final Provision provision;
  private String endpoint = "";
  private boolean again;

  ExecutorStart(Machine machine, ExecutorRecord record, ExecutorToken token, Container processes) {
    this.machine = machine;
    this.record = record;
    this.token = token;
    this.processes = processes;
    this.containment = Containment.of(record.info().getContainer());
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
    Optional<String> image = containment.map(Containment::image);
    if (provision.begin(command(), record.sandbox(), image)) {
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
    if (containment.isEmpty()) {
      Starting starting =
          MountedCommand.around(
              command.withGroups(record.meta(), record.info().getResourcesList()),
              machine,
              Occupant.of(record),
              record.info().getContainer());
      processes.start(starting, record.sandbox(), environment(machine.environment()), limits);
      return;
    }
    ContainedCommand contained =
        new ContainedCommand(
            machine, Occupant.of(record), containment.get(), provision.prepared(), command.user());
    Map<String, String> outside = environment(ContainedCommand.ofMachine(machine));
    processes.start(contained, record.sandbox(), ContainedCommand.inside(outside), limits);
  }

  private Map<String, String> environment(Map<String, String> machines) throws IOException {
    return TaskEnvironment.of(machines, record, endpoint, token.text());
  }

  /**
   * Why its tasks are over, now that it is and nobody ended it: its container may never have been.
   */
  Cause ended() throws IOException {
    boolean ran = containment.isEmpty() || machine.bundles().isMade(record.container());
    return ran || processes.outOfMemory().isPresent()
        ? Ending.ofExecutor(processes)
        : Cause.notLaunched(machine.bundles().reason(record.container()));
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

  /** Gives it up; why its tasks end with it, if there was something to give up. */
  Optional<Cause> cancel() {
    boolean waited = isWaiting();
    again = false;
    provision.cancel();
    return waited
        ? Optional.of(Cause.executorEndedEarly(containment.isPresent()))
        : Optional.empty();
  }
}

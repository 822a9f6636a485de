package io.pilothouse.cli.dev;

import io.pilothouse.cli.CliException;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import io.pilothouse.provisioning.power.LocalProcesses;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine;

/** Stops every process of the fleet; its data stays. */
@CommandLine.Command(
    name = "down",
    description = "Stops every process of the quick-start fleet; data stays for the next `up`.")
final class DownCommand extends Target {
  private static final Duration GRACE = Duration.ofSeconds(5);
  private static final Duration GROUPS_GONE_WITHIN = Duration.ofSeconds(2);

  @Override
  protected ExitCode run() throws Exception {
    if (home().context().isEmpty()) {
      throw new CliException(
          ExitCode.FAILED, "NOT_FOUND", "there is no fleet in " + home().dir(), "pilot up");
    }
    // satellites first, so that nobody repairs what is being stopped
    List<String> order = new ArrayList<>(Program.names(home()));
    order.sort((a, b) -> Boolean.compare(a.startsWith("dm-"), b.startsWith("dm-")));
    int stopped = 0;
    for (boolean manager : new boolean[] {false, true}) {
      List<ProcessHandle> processes =
          order.stream()
              .filter(each -> each.startsWith("dm-") == manager)
              .flatMap(each -> Program.read(home(), each).stream())
              .flatMap(each -> each.process(home()).stream())
              .toList();
      stopped += stop(processes);
      if (!manager) {
        stopped += killMachines();
      }
    }
    List<ProcessHandle> left = all();
    left.forEach(ProcessHandle::destroyForcibly);
    int total = stopped + left.size();
    List<Path> groups =
        FleetGroups.remove(FleetGroups.MOUNTS, FleetGroups.name(home()), GROUPS_GONE_WITHIN);
    if (!groups.isEmpty()) {
      say("control groups are left, with processes in them: " + groups);
    }
    show(
        () -> Json.object().put("stopped", total),
        () -> "stopped " + total + " processes; `pilot up` resumes the fleet from " + home().dir(),
        () -> List.of(Integer.toString(total)));
    return ExitCode.DONE;
  }

  /** Machines lose their power at once: nothing on them may hold state that matters. */
  private int killMachines() {
    int killed = 0;
    for (int round = 0; round < 50; round++) {
      List<ProcessHandle> machines = machines();
      if (machines.isEmpty()) {
        return killed;
      }
      killed += machines.size();
      machines.forEach(ProcessHandle::destroyForcibly);
      machines.forEach(DownCommand::awaitExit);
    }
    return killed;
  }

  /**
   * What was started for this fleet, whoever started it. By the marks that programs and machines
   * carry, never by PILOT_HOME alone: a person's shell may have that set, too.
   */
  private List<ProcessHandle> all() {
    List<ProcessHandle> found = new ArrayList<>(machines());
    for (String name : Program.names(home())) {
      found.addAll(
          LocalProcesses.withEnvironment(
              Map.of("PILOT_HOME", home().dir().toString(), "PILOT_PROGRAM", name)));
    }
    return found;
  }

  private List<ProcessHandle> machines() {
    List<ProcessHandle> found = new ArrayList<>();
    for (String name : machineNames(home())) {
      found.addAll(machineProcesses(home(), name));
    }
    return found;
  }

  private static int stop(List<ProcessHandle> processes) {
    processes.forEach(ProcessHandle::destroy);
    long deadline = System.nanoTime() + GRACE.toNanos();
    for (ProcessHandle process : processes) {
      long left = Math.max(0, deadline - System.nanoTime());
      try {
        process.onExit().get(left, TimeUnit.NANOSECONDS);
      } catch (java.util.concurrent.TimeoutException e) {
        process.destroyForcibly();
        awaitExit(process);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        process.destroyForcibly();
      } catch (java.util.concurrent.ExecutionException e) {
        throw new IllegalStateException(e);
      }
    }
    return processes.size();
  }

  private static void awaitExit(ProcessHandle process) {
    process
        .onExit()
        .orTimeout(GRACE.toSeconds(), TimeUnit.SECONDS)
        .exceptionally(e -> process)
        .join();
  }
}

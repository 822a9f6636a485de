package io.pilothouse.cli.dev;

import io.pilothouse.cli.CliException;
import io.pilothouse.cli.Command;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Home;
import io.pilothouse.provisioning.power.LocalProcesses;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Commands that act on a process of the quick-start fleet: a machine or a program. */
abstract class Target extends Command {

  /** Whether it names a machine of this fleet. */
  static boolean isMachine(Home home, String name) {
    return Files.isDirectory(home.machine(name).resolve("chassis"));
  }

  /** Names of all machines of this fleet. */
  static List<String> machineNames(Home home) {
    String[] names = home.machines().toFile().list();
    return names == null ? List.of() : Stream.of(names).sorted().toList();
  }

  /** Resolves {@code dm-leader}; refuses what is neither a machine nor a program here. */
  final String resolve(String target) {
    String name = target;
    if (target.equals("dm-leader")) {
      name = status().getLeader();
    }
    if (!isMachine(home(), name) && Program.read(home(), name).isEmpty()) {
      throw new CliException(
          ExitCode.FAILED,
          "NOT_FOUND",
          "\"" + name + "\" is neither a machine nor a program of the fleet in " + home().dir(),
          "machines: `pilot machine list -o name`; programs: dm-leader, "
              + String.join(", ", Program.names(home())));
    }
    return name;
  }

  /** Refuses what is not a machine. */
  static void requireMachine(Home home, String name) {
    if (!isMachine(home, name)) {
      throw new CliException(
          ExitCode.FAILED,
          "NOT_FOUND",
          "no machine \"" + name + "\" in " + home.machines(),
          "`pilot machine list -o name` lists them");
    }
  }

  /** Its live processes, of a machine with all that it runs; refused when there are none. */
  final List<ProcessHandle> running(String name) {
    List<ProcessHandle> processes = processes(name);
    if (processes.isEmpty()) {
      throw new CliException(
          ExitCode.REFUSED, "NOT_RUNNING", name + " is not running", "pilot dev start " + name);
    }
    return processes;
  }

  /** As above; none when it is not running. */
  final List<ProcessHandle> processes(String name) {
    return isMachine(home(), name)
        ? machineProcesses(home(), name)
        : Program.read(home(), name).flatMap(each -> each.process(home())).stream().toList();
  }

  /** All live processes of a machine: its agent and what that runs. */
  static List<ProcessHandle> machineProcesses(Home home, String machine) {
    return LocalProcesses.withEnvironment(
        Map.of("PILOT_HOME", home.dir().toString(), "PILOT_MACHINE", machine));
  }
}

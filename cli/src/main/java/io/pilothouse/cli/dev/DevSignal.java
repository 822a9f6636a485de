package io.pilothouse.cli.dev;

import io.pilothouse.cli.CliException;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import java.io.IOException;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** Stops a target's processes where they are, or lets them go on. */
abstract class DevSignal extends Target {

  @Parameters(paramLabel = "TARGET", description = "a machine, dm-1 …, dm-leader, repair …")
  String target = "";

  abstract String signal();

  abstract String done();

  @Override
  protected ExitCode run() throws Exception {
    String name = resolve(target);
    List<ProcessHandle> processes =
        isMachine(home(), name)
            ? machineProcesses(home(), name)
            : Program.read(home(), name).flatMap(each -> each.process(home())).stream().toList();
    if (processes.isEmpty()) {
      throw new CliException(
          ExitCode.REFUSED, "NOT_RUNNING", name + " is not running", "pilot dev start " + name);
    }
    for (ProcessHandle process : processes) {
      send(process.pid());
    }
    show(() -> Json.object().put(done(), name), () -> done() + " " + name, () -> List.of(name));
    return ExitCode.DONE;
  }

  private void send(long pid) throws IOException, InterruptedException {
    Process kill =
        new ProcessBuilder("kill", "-" + signal(), Long.toString(pid)).inheritIO().start();
    if (kill.waitFor() != 0) {
      throw new IOException("kill -" + signal() + " " + pid + " failed");
    }
  }

  /** SIGSTOP. */
  @CommandLine.Command(
      name = "hang",
      description = "Stops it with SIGSTOP: it neither works nor ends.")
  static final class Hang extends DevSignal {
    @Override
    String signal() {
      return "STOP";
    }

    @Override
    String done() {
      return "hung";
    }
  }

  /** SIGCONT. */
  @CommandLine.Command(name = "resume", description = "Lets it go on after a hang.")
  static final class Resume extends DevSignal {
    @Override
    String signal() {
      return "CONT";
    }

    @Override
    String done() {
      return "resumed";
    }
  }
}

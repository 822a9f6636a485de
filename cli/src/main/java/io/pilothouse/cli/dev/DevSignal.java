package io.pilothouse.cli.dev;

import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import java.io.IOException;
import java.util.ArrayList;
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
    List<ProcessHandle> processes = running(name);
    if (!send(signal(), processes)) {
      throw new IOException(
          "kill -%s of %s failed, see above".formatted(signal(), pids(processes)));
    }
    show(() -> Json.object().put(done(), name), () -> done() + " " + name, () -> List.of(name));
    return ExitCode.DONE;
  }

  private static List<String> pids(List<ProcessHandle> processes) {
    return processes.stream().map(each -> Long.toString(each.pid())).toList();
  }

  /** Whether each of them got it; one that has ended meanwhile does not keep it from the others. */
  static boolean send(String signal, List<ProcessHandle> to)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("kill", "-" + signal));
    command.addAll(pids(to));
    return to.isEmpty() || new ProcessBuilder(command).inheritIO().start().waitFor() == 0;
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

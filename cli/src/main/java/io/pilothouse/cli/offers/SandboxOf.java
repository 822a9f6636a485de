package io.pilothouse.cli.offers;

import io.pilothouse.api.v1.TaskSandbox;
import io.pilothouse.cli.CliException;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Whose sandbox, as it is typed. */
final class SandboxOf {
  @Parameters(index = "0", paramLabel = "TASK", description = "its id")
  String task = "";

  @Option(
      names = "--framework",
      paramLabel = "F",
      description = "whose, by id or name; needed when several have a task of this id")
  String framework = "";

  @Option(
      names = "--machine",
      paramLabel = "M",
      description = {
        "where it ran, with --framework ID: for one that was over before the scheduler that leads",
        "began, which knows nothing of it. For a task in an executor or a group, give the executor's",
        "id as TASK"
      })
  String machine = "";

  TaskSandbox check() {
    if (!machine.isEmpty() && framework.isEmpty()) {
      throw CliException.usage(
          "--machine %s without --framework".formatted(machine),
          "say whose task it was, by the framework's id");
    }
    return TaskSandbox.newBuilder()
        .setTask(task)
        .setFramework(framework)
        .setMachine(machine)
        .build();
  }
}

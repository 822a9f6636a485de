package io.pilothouse.cli.offers;

import io.pilothouse.api.v1.ListTasksReply;
import io.pilothouse.api.v1.ListTasksRequest;
import io.pilothouse.api.v1.TaskView;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.GlobalOptions.Format;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** Lists tasks. */
@CommandLine.Command(
    name = "list",
    description = {
      "Lists tasks of frameworks: those that run or cannot be reached, and those whose end is not",
      "acknowledged."
    })
final class TaskList extends SchedulerCommand {

  @Option(names = "--framework", paramLabel = "F", description = "only of this one, by id or name")
  String framework = "";

  @Option(names = "--all", description = "also those that are over, as far as they are kept")
  boolean all;

  @Override
  protected ExitCode run() {
    ListTasksRequest request =
        ListTasksRequest.newBuilder().setFramework(framework).setEnded(all).build();
    ListTasksReply reply = scheduler(stub -> stub.listTasks(request));
    show(
        () -> items(reply.getTasksList(), reply.getLeftOut(), TaskRows::fill),
        () -> TaskRows.table(reply.getTasksList(), format() == Format.WIDE),
        () -> reply.getTasksList().stream().map(TaskView::getId).toList());
    tellLeftOut(reply.getLeftOut(), "ask for one framework's (--framework F), without --all");
    return ExitCode.DONE;
  }
}

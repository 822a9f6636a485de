package io.pilothouse.cli.offers;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.api.v1.ExplainTaskRequest;
import io.pilothouse.api.v1.TaskView;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows one task. */
@CommandLine.Command(
    name = "show",
    description = "Shows a task: where it is, its state, what it uses.")
final class TaskShow extends SchedulerCommand {

  @Parameters(paramLabel = "TASK", description = "its id")
  String task = "";

  @Option(
      names = "--framework",
      paramLabel = "F",
      description = "whose, by id or name; needed when several have a task of this id")
  String framework = "";

  @Override
  protected ExitCode run() {
    ExplainTaskRequest request =
        ExplainTaskRequest.newBuilder().setTask(task).setFramework(framework).build();
    TaskView view = scheduler(stub -> stub.explainTask(request)).getTask();
    show(
        () -> {
          ObjectNode node = Json.object();
          TaskRows.fill(view, node);
          return node;
        },
        () -> TaskRows.text(view),
        () -> List.of(view.getId()));
    return ExitCode.DONE;
  }
}

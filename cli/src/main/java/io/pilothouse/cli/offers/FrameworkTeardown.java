package io.pilothouse.cli.offers;

import io.pilothouse.api.v1.FrameworkView;
import io.pilothouse.api.v1.ListFrameworksRequest;
import io.pilothouse.api.v1.TearDownFrameworkReply;
import io.pilothouse.api.v1.TearDownFrameworkRequest;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** Ends a framework. */
@CommandLine.Command(
    name = "teardown",
    description = "Ends a framework, for good, and kills its tasks; its id is not taken again.")
final class FrameworkTeardown extends SchedulerCommand {

  @Parameters(paramLabel = "FRAMEWORK", description = "its id or name")
  String framework = "";

  @Override
  protected ExitCode run() {
    String reason = requireReason("the end of a framework");
    ListFrameworksRequest which =
        ListFrameworksRequest.newBuilder().setFramework(framework).build();
    FrameworkView view = scheduler(stub -> stub.listFrameworks(which)).getFrameworks(0);
    if (view.getEndedAt() == 0) {
      confirm(
          "%s. It ends for good, and its %s killed."
              .formatted(
                  FrameworkRows.sentence(view),
                  tasks(view) + (view.getTasks() == 1 ? " is" : " are")),
          view.getId());
    }
    // by its id: what was confirmed is what ends, whoever takes the name meanwhile
    TearDownFrameworkRequest request =
        TearDownFrameworkRequest.newBuilder().setFramework(view.getId()).setReason(reason).build();
    TearDownFrameworkReply unused = scheduler(stub -> stub.tearDownFramework(request));
    show(
        () -> Json.object().put("framework", view.getId()).put("tasks", view.getTasks()),
        () -> "torn down: %s, %s".formatted(view.getId(), tasks(view)),
        () -> List.of(view.getId()));
    return ExitCode.DONE;
  }

  private static String tasks(FrameworkView view) {
    return FrameworkRows.number(view.getTasks(), "task");
  }
}

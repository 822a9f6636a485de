package io.pilothouse.cli.offers;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.api.v1.FrameworkView;
import io.pilothouse.api.v1.ListFrameworksRequest;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import io.pilothouse.cli.Names;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** Shows one framework. */
@CommandLine.Command(
    name = "show",
    description = "Shows a framework: who it is, what it has, what it is offered.")
final class FrameworkShow extends SchedulerCommand {

  @Parameters(paramLabel = "FRAMEWORK", description = "its id or name")
  String framework = "";

  @Override
  protected ExitCode run() {
    ListFrameworksRequest request =
        ListFrameworksRequest.newBuilder().setFramework(framework).build();
    FrameworkView view = scheduler(stub -> stub.listFrameworks(request)).getFrameworks(0);
    show(
        () -> {
          ObjectNode node = Json.object();
          FrameworkRows.fill(view, node);
          return node;
        },
        () -> text(view),
        () -> List.of(view.getId()));
    return ExitCode.DONE;
  }

  private static String text(FrameworkView view) {
    StringBuilder text = new StringBuilder(FrameworkRows.sentence(view));
    text.append("\n  roles      ").append(String.join(", ", view.getRolesList()));
    text.append("\n  since      ").append(Names.when(view.getSince()));
    if (!view.getPrincipal().isEmpty()) {
      text.append("\n  principal  ").append(view.getPrincipal());
    }
    if (!view.getUser().isEmpty()) {
      text.append("\n  user       ").append(view.getUser());
    }
    return text.toString();
  }
}

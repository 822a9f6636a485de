package io.pilothouse.cli.offers;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.api.v1.ListRolesRequest;
import io.pilothouse.api.v1.RoleView;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** Shows one role. */
@CommandLine.Command(
    name = "show",
    description = "Shows a role: its weight and quota, what it has, who is in it.")
final class RoleShow extends SchedulerCommand {

  @Parameters(paramLabel = "ROLE", description = "its name, a path: ads/prod")
  String role = "";

  @Override
  protected ExitCode run() {
    ListRolesRequest request = ListRolesRequest.newBuilder().setRole(role).build();
    RoleView view = scheduler(stub -> stub.listRoles(request)).getRoles(0);
    show(
        () -> {
          ObjectNode node = Json.object();
          RoleRows.fill(view, node);
          return node;
        },
        () -> RoleRows.text(view),
        () -> List.of(view.getName()));
    return ExitCode.DONE;
  }
}

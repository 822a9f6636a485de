package io.pilothouse.cli.offers;

import io.pilothouse.api.v1.ListRolesReply;
import io.pilothouse.api.v1.ListRolesRequest;
import io.pilothouse.api.v1.RoleView;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.GlobalOptions.Format;
import picocli.CommandLine;

/** Lists roles. */
@CommandLine.Command(
    name = "list",
    description = "Lists roles with their weights, quotas, and what they have.")
final class RoleList extends SchedulerCommand {

  @Override
  protected ExitCode run() {
    ListRolesReply reply = scheduler(stub -> stub.listRoles(ListRolesRequest.getDefaultInstance()));
    show(
        () -> items(reply.getRolesList(), reply.getLeftOut(), RoleRows::fill),
        () -> RoleRows.table(reply.getRolesList(), format() == Format.WIDE),
        () -> reply.getRolesList().stream().map(RoleView::getName).toList());
    tellLeftOut(reply.getLeftOut(), "ask for one: pilot role show ROLE");
    return ExitCode.DONE;
  }
}

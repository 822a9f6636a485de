package io.pilothouse.cli.offers;

import io.pilothouse.api.v1.FrameworkView;
import io.pilothouse.api.v1.ListFrameworksReply;
import io.pilothouse.api.v1.ListFrameworksRequest;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.GlobalOptions.Format;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** Lists frameworks. */
@CommandLine.Command(
    name = "list",
    description = "Lists the frameworks that are subscribed, or may come back.")
final class FrameworkList extends SchedulerCommand {

  @Option(names = "--all", description = "also those that ended, as far as they are kept")
  boolean all;

  @Override
  protected ExitCode run() {
    ListFrameworksRequest request = ListFrameworksRequest.newBuilder().setEnded(all).build();
    ListFrameworksReply reply = scheduler(stub -> stub.listFrameworks(request));
    show(
        () -> items(reply.getFrameworksList(), reply.getLeftOut(), FrameworkRows::fill),
        () -> FrameworkRows.table(reply.getFrameworksList(), format() == Format.WIDE),
        () -> reply.getFrameworksList().stream().map(FrameworkView::getId).toList());
    tellLeftOut(reply.getLeftOut(), "ask for one: pilot framework show F");
    return ExitCode.DONE;
  }
}

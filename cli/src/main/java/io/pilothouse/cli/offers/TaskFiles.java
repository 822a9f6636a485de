package io.pilothouse.cli.offers;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.api.v1.ListTaskFilesReply;
import io.pilothouse.api.v1.ListTaskFilesRequest;
import io.pilothouse.api.v1.SandboxEntry;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.GlobalOptions.Format;
import io.pilothouse.cli.Json;
import io.pilothouse.cli.Names;
import io.pilothouse.cli.Table;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Lists files of a sandbox. */
@CommandLine.Command(
    name = "files",
    description = {
      "Lists the files of a task's sandbox, or of a directory in it.",
      "`pilot task logs TASK --file PATH` prints one."
    })
final class TaskFiles extends SchedulerCommand {
  private static final int PERMISSIONS = 0777;

  @Mixin final SandboxOf of = new SandboxOf();

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "PATH",
      description = "a directory or file within the sandbox; default: all of it")
  String path = "";

  @Override
  protected ExitCode run() {
    ListTaskFilesRequest request =
        ListTaskFilesRequest.newBuilder().setOf(of.check()).setPath(path).build();
    ListTaskFilesReply reply = scheduler(stub -> stub.listTaskFiles(request));
    show(
        () -> items(reply.getEntriesList(), reply.getLeftOut(), TaskFiles::fill),
        () -> table(reply.getEntriesList(), format() == Format.WIDE),
        () ->
            reply.getEntriesList().stream().map(each -> Names.printable(each.getName())).toList());
    if (reply.getLeftOut() > 0) {
      say("%d more are not shown: they do not fit into one answer".formatted(reply.getLeftOut()));
    }
    return ExitCode.DONE;
  }

  private static void fill(SandboxEntry entry, ObjectNode node) {
    node.put("name", entry.getName()).put("kind", entry.getKind()).put("size", entry.getSize());
    Json.time(node, "modified", entry.getModified());
    node.put("mode", mode(entry)).put("owner", entry.getOwner()).put("group", entry.getGroup());
  }

  private static String mode(SandboxEntry entry) {
    return "0%03o".formatted(entry.getMode() & PERMISSIONS);
  }

  private static String table(List<SandboxEntry> entries, boolean wide) {
    Table table =
        wide
            ? new Table("NAME", "KIND", "SIZE", "CHANGED", "MODE", "OWNER", "GROUP")
            : new Table("NAME", "KIND", "SIZE", "CHANGED");
    for (SandboxEntry each : entries) {
      String name = Names.printable(each.getName());
      String age = Names.ago(each.getModified());
      if (wide) {
        table.row(
            name,
            each.getKind(),
            each.getSize(),
            age,
            mode(each),
            Names.printable(each.getOwner()),
            Names.printable(each.getGroup()));
      } else {
        table.row(name, each.getKind(), each.getSize(), age);
      }
    }
    return table.toString();
  }
}

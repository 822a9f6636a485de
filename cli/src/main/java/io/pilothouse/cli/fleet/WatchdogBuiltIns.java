package io.pilothouse.cli.fleet;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.cli.Command;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import io.pilothouse.cli.Table;
import io.pilothouse.manifests.BuiltInWatchdog;
import io.pilothouse.manifests.BuiltInWatchdogs;
import picocli.CommandLine;

/** Lists the watchdogs that come with the product. */
@CommandLine.Command(
    name = "builtins",
    description = {
      "Lists the watchdogs that come with Pilothouse, what they look at and what they can be told.",
      "Needs no Device Manager. Each is documented in docs/reference/watchdogs.md."
    })
final class WatchdogBuiltIns extends Command {

  @Override
  protected ExitCode run() {
    show(
        WatchdogBuiltIns::items,
        WatchdogBuiltIns::table,
        () -> BuiltInWatchdogs.all().stream().map(BuiltInWatchdog::name).toList());
    return ExitCode.DONE;
  }

  private static String table() {
    Table table = new Table("NAME", "RUN", "LOOKS AT", "ARGS");
    for (BuiltInWatchdog each : BuiltInWatchdogs.all()) {
      table.row(
          each.name(),
          run(each),
          each.looksAt(),
          String.join(
              " ", each.args().stream().map(arg -> arg.key() + "=" + arg.preset()).toList()));
    }
    return table.toString();
  }

  private static ObjectNode items() {
    ObjectNode root = Json.object();
    ArrayNode items = root.putArray("items");
    for (BuiltInWatchdog each : BuiltInWatchdogs.all()) {
      ObjectNode item =
          items
              .addObject()
              .put("name", each.name())
              .put("run", run(each))
              .put("looks_at", each.looksAt());
      ArrayNode args = item.putArray("args");
      each.args()
          .forEach(
              arg ->
                  args.addObject()
                      .put("key", arg.key())
                      .put("default", arg.preset())
                      .put("meaning", arg.meaning()));
      ArrayNode faults = item.putArray("faults");
      each.faults()
          .forEach(
              fault ->
                  faults.addObject().put("code", fault.code()).put("meaning", fault.meaning()));
    }
    return root;
  }

  private static String run(BuiltInWatchdog each) {
    return each.runner() == WatchdogSpec.Runner.REMOTE ? "remote" : "builtin";
  }
}

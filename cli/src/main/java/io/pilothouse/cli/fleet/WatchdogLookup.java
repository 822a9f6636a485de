package io.pilothouse.cli.fleet;

import io.pilothouse.api.v1.ListWatchdogsReply;
import io.pilothouse.api.v1.WatchdogRow;
import io.pilothouse.cli.CliException;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.manifests.pattern.Near;
import java.util.List;
import java.util.function.Supplier;

/** Finds a watchdog by its name, or names the one that was probably meant. */
final class WatchdogLookup {
  private WatchdogLookup() {}

  static WatchdogRow find(Supplier<ListWatchdogsReply> rows, String watchdog) {
    ListWatchdogsReply reply = rows.get();
    List<String> names =
        reply.getItemsList().stream().map(each -> each.getSpec().getName()).toList();
    return reply.getItemsList().stream()
        .filter(each -> each.getSpec().getName().equals(watchdog))
        .findFirst()
        .orElseThrow(
            () ->
                new CliException(
                    ExitCode.FAILED,
                    "NOT_FOUND",
                    "there is no watchdog \"" + watchdog + "\"" + Near.hint(watchdog, names),
                    "`pilot watchdog list` shows those there are"));
  }
}

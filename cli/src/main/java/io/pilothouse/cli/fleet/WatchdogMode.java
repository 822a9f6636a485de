package io.pilothouse.cli.fleet;

import io.pilothouse.api.v1.ListWatchdogsReply;
import io.pilothouse.api.v1.ListWatchdogsRequest;
import io.pilothouse.api.v1.SetWatchdogModeRequest;
import io.pilothouse.api.v1.WatchdogRow;
import io.pilothouse.api.v1.WatchdogState;
import io.pilothouse.api.v1.WriteReply;
import io.pilothouse.cli.Command;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** Says whether a watchdog's verdicts count. */
abstract class WatchdogMode extends Command {

  @Parameters(paramLabel = "WATCHDOG")
  String watchdog = "";

  abstract WatchdogState.Mode mode();

  /** Questions before the act. */
  abstract void before(WatchdogRow row);

  @Override
  protected ExitCode run() {
    before(WatchdogLookup.find(this::rows, watchdog));
    SetWatchdogModeRequest request =
        SetWatchdogModeRequest.newBuilder()
            .setWatchdog(watchdog)
            .setMode(mode())
            .setContext(writeContext())
            .build();
    WriteReply reply = ask("SetWatchdogMode", request, WriteReply.parser());
    show(
        () ->
            Json.object()
                .put("watchdog", watchdog)
                .put("mode", mode().name())
                .put("revision", reply.getRevision()),
        () -> watchdog + " is " + mode(),
        () -> List.of(watchdog));
    return ExitCode.DONE;
  }

  private ListWatchdogsReply rows() {
    return ask(
        "ListWatchdogs", ListWatchdogsRequest.getDefaultInstance(), ListWatchdogsReply.parser());
  }

  /** Shadow or quarantine to live. */
  @CommandLine.Command(
      name = "promote",
      description = "Makes its verdicts count: an ERROR can then fail a machine.")
  static final class Promote extends WatchdogMode {
    @Override
    WatchdogState.Mode mode() {
      return WatchdogState.Mode.LIVE;
    }

    @Override
    void before(WatchdogRow row) {
      int failing = row.getError() + row.getSilent();
      if (failing > 0 && row.getState().getMode() != WatchdogState.Mode.LIVE) {
        confirm(
            "%s says ERROR or is silent on %d machines now: made live, it fails them."
                .formatted(watchdog, failing),
            watchdog);
      }
    }
  }

  /** Its verdicts stop counting. */
  @CommandLine.Command(
      name = "quarantine",
      description = "Its verdicts are recorded and count for nothing, until promote.")
  static final class Quarantine extends WatchdogMode {
    @Override
    WatchdogState.Mode mode() {
      return WatchdogState.Mode.QUARANTINED;
    }

    @Override
    void before(WatchdogRow row) {
      requireReason("a quarantine");
    }
  }
}

package io.pilothouse.cli.dm;

import io.pilothouse.cli.Pilot;
import java.util.Map;
import java.util.function.Supplier;
import picocli.CommandLine;

/** The list of commands about the Device Manager itself. */
public final class DmCommands {
  private DmCommands() {}

  /** Adds the noun with how to build it. */
  public static void addTo(Map<String, Supplier<CommandLine>> nouns) {
    nouns.put("dm", DmCommands::dm);
  }

  private static CommandLine dm() {
    CommandLine dm =
        Pilot.noun(
            "dm",
            "The Device Manager itself: its replicas, backups of it, and what its files hold.",
            new DmMembers(),
            new DmChange.Add(),
            new DmChange.Remove(),
            new DmChange.Replace(),
            new DmChange.Transfer(),
            new DmChange.Priority(),
            new DmLevel.Show(),
            new DmLevel.Finalise(),
            new CommandLine(new DmBackup()).addSubcommand(new DmOffline.Verify()),
            new DmOffline.Restore());
    dm.addSubcommand(
        "inspect",
        Pilot.noun(
            "inspect",
            "Looks into files of the Device Manager; needs no replica that runs.",
            new DmOffline.InspectLog(),
            new DmOffline.InspectSnapshot(),
            new DmOffline.InspectDiff()));
    return dm;
  }
}

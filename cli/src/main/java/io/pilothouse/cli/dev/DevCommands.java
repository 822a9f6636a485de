package io.pilothouse.cli.dev;

import io.pilothouse.cli.Pilot;
import java.util.Map;
import java.util.function.Supplier;
import picocli.CommandLine;

/** The list of quick-start commands. */
public final class DevCommands {
  private DevCommands() {}

  /** Adds each noun with how to build it. */
  public static void addTo(Map<String, Supplier<CommandLine>> nouns) {
    nouns.put("up", () -> new CommandLine(new UpCommand()));
    nouns.put("down", () -> new CommandLine(new DownCommand()));
    nouns.put("simulate", () -> new CommandLine(new SimulateCommand()));
    nouns.put(
        "dev",
        () ->
            Pilot.noun(
                "dev",
                "Faults to try on the quick-start fleet.",
                new DevKill(),
                new DevStart(),
                new DevSignal.Hang(),
                new DevSignal.Resume(),
                new DevSlow(),
                new DevWatchdogError(),
                new DevCorrupt(),
                new DevRack.Down(),
                new DevRack.Up(),
                new DevFlap()));
  }
}

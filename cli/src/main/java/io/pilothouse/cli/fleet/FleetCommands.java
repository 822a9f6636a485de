package io.pilothouse.cli.fleet;

import io.pilothouse.cli.Pilot;
import java.util.Map;
import java.util.function.Supplier;
import picocli.CommandLine;

/** The list of commands about plain-text files. */
public final class FleetCommands {
  private FleetCommands() {}

  /** Adds each noun with how to build it. */
  public static void addTo(Map<String, Supplier<CommandLine>> nouns) {
    nouns.put("validate", () -> new CommandLine(new ValidateCommand()));
    nouns.put("plan", () -> new CommandLine(new PlanCommand()));
    nouns.put("diff", FleetCommands::diff);
    nouns.put("apply", () -> new CommandLine(new ApplyCommand()));
    nouns.put("export", () -> new CommandLine(new ExportCommand()));
    nouns.put("schema", () -> new CommandLine(new SchemaCommand()));
    nouns.put("manifest", FleetCommands::manifest);
    nouns.put("watchdog", FleetCommands::watchdog);
    nouns.put("policy", FleetCommands::policy);
  }

  /** The name that people know from elsewhere. */
  private static CommandLine diff() {
    CommandLine diff = new CommandLine(new PlanCommand());
    diff.getCommandSpec().name("diff");
    diff.getCommandSpec().usageMessage().description("The same as plan.");
    return diff;
  }

  private static CommandLine manifest() {
    return Pilot.noun(
        "manifest",
        "Versions of manifests, images, watchdog sets and agents, and who holds them.",
        new ManifestAdd(),
        new ManifestList(),
        new ManifestShow(),
        new ManifestVerify(),
        new ManifestDiff(),
        new ManifestRemove(),
        new ManifestKeygen());
  }

  private static CommandLine watchdog() {
    return Pilot.noun(
        "watchdog",
        "Watchdogs: what they say, and whether it counts.",
        new WatchdogList(),
        new WatchdogShow(),
        new WatchdogScore(),
        new WatchdogReport(),
        new WatchdogTry(),
        new WatchdogBuiltIns(),
        new WatchdogMode.Promote(),
        new WatchdogMode.Quarantine());
  }

  private static CommandLine policy() {
    return Pilot.noun(
        "policy",
        "Repair policies: which action a failure gets, and why.",
        new PolicyList(),
        new PolicyShow(),
        new PolicyTest());
  }
}

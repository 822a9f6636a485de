package io.pilothouse.cli.offers;

import io.pilothouse.cli.Pilot;
import java.util.Map;
import java.util.function.Supplier;
import picocli.CommandLine;

/** The list of commands of the offers layer. */
public final class OfferCommands {
  private OfferCommands() {}

  /** Adds each noun with how to build it. */
  public static void addTo(Map<String, Supplier<CommandLine>> nouns) {
    nouns.put("framework", OfferCommands::framework);
    nouns.put("role", OfferCommands::role);
    nouns.put("task", OfferCommands::task);
  }

  private static CommandLine framework() {
    return Pilot.noun(
        "framework",
        "Frameworks: who runs tasks on what the fleet offers.",
        new FrameworkList(),
        new FrameworkShow(),
        new FrameworkTeardown());
  }

  private static CommandLine role() {
    return Pilot.noun(
        "role",
        "Roles of frameworks: weights, quotas, and what each has. They are set in text: kind: Role.",
        new RoleList(),
        new RoleShow());
  }

  private static CommandLine task() {
    return Pilot.noun(
        "task",
        "Tasks of frameworks.",
        new TaskList(),
        new TaskShow(),
        new TaskLogs(),
        new TaskFiles());
  }
}

package io.pilothouse.cli.fleet;

import java.util.Map;
import java.util.function.Supplier;
import picocli.CommandLine;

/** The list of commands about plain-text files. */
public final class FleetCommands {
  private FleetCommands() {}

  /** Adds each noun with how to build it. */
  public static void addTo(Map<String, Supplier<CommandLine>> nouns) {}
}

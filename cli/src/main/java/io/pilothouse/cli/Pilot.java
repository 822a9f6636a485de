package io.pilothouse.cli;

import io.pilothouse.cli.dev.DevCommands;
import io.pilothouse.cli.dm.DmCommands;
import io.pilothouse.cli.fleet.FleetCommands;
import io.pilothouse.cli.offers.OfferCommands;
import io.pilothouse.cli.ops.OpsCommands;
import io.pilothouse.cli.pki.PkiCommands;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * The command line's main. Only the noun that was typed is built, because reading the annotations
 * of all commands would cost more than most commands do.
 */
@CommandLine.Command(
    name = "pilot",
    description = "Runs a fleet of bare-metal machines.",
    synopsisSubcommandLabel = "NOUN [VERB]",
    footer = {
      "",
      "Exit codes: 0 done, 1 failed or not found, 2 usage, 3 changes (--detailed-exitcode),",
      "4 rollout failed or rolled back, 5 gave up waiting, 6 refused, 7 not allowed,",
      "8 cannot reach the service."
    })
public final class Pilot implements Runnable {

  @Spec @org.jspecify.annotations.Nullable CommandSpec spec;

  @Mixin final GlobalOptions options = new GlobalOptions();

  @CommandLine.Option(
      names = {"-h", "--help"},
      usageHelp = true,
      scope = CommandLine.ScopeType.INHERIT,
      description = "this text")
  boolean help;

  @CommandLine.Option(names = "--version", versionHelp = true, description = "the version")
  boolean version;

  public static void main(String[] args) {
    System.exit(run(args));
  }

  /** Runs one command line and returns its exit code. */
  static int run(String... args) {
    return commandLine(args).execute(args);
  }

  /** The command line with the nouns that {@code args} may mean; all of them when unsure. */
  static CommandLine commandLine(String... args) {
    Map<String, Supplier<CommandLine>> nouns = nouns();
    CommandLine root = new CommandLine(new Pilot());
    root.getCommandSpec().versionProvider(() -> new String[] {"pilot " + Version.text()});
    List<String> typed = List.of(args).stream().filter(nouns::containsKey).limit(1).toList();
    boolean one = !typed.isEmpty() && args[0].equals(typed.get(0));
    nouns.forEach(
        (name, noun) -> {
          if (!one || name.equals(args[0])) {
            root.addSubcommand(name, noun.get());
          }
        });
    root.setUsageHelpAutoWidth(true);
    root.setExecutionExceptionHandler(new Failures());
    root.setParameterExceptionHandler(Failures::usage);
    root.setCaseInsensitiveEnumValuesAllowed(true);
    return root;
  }

  private static Map<String, Supplier<CommandLine>> nouns() {
    Map<String, Supplier<CommandLine>> nouns = new LinkedHashMap<>();
    DevCommands.addTo(nouns);
    OpsCommands.addTo(nouns);
    FleetCommands.addTo(nouns);
    DmCommands.addTo(nouns);
    OfferCommands.addTo(nouns);
    PkiCommands.addTo(nouns);
    nouns.put("completion", () -> new CommandLine(new CompletionCommand()));
    nouns.put("man", () -> new CommandLine(new ManCommand()));
    return nouns;
  }

  @Override
  public void run() {
    CommandSpec here = spec;
    if (here == null) {
      throw new IllegalStateException("pilot runs under its command line");
    }
    throw new ParameterException(here.commandLine(), "a command is missing");
  }

  /** A noun that only groups verbs. */
  public static CommandLine noun(String name, String description, Object... verbs) {
    CommandLine noun = new CommandLine(new Noun());
    noun.getCommandSpec().name(name);
    noun.getCommandSpec().usageMessage().description(description).synopsisSubcommandLabel("VERB");
    for (Object verb : verbs) {
      noun.addSubcommand(verb);
    }
    return noun;
  }

  /** Prints its usage when no verb was typed. */
  @CommandLine.Command
  static final class Noun implements Runnable {
    @Spec @org.jspecify.annotations.Nullable CommandSpec spec;

    @Override
    public void run() {
      CommandSpec here = spec;
      if (here == null) {
        throw new IllegalStateException("a noun runs under pilot");
      }
      throw new ParameterException(here.commandLine(), "a verb is missing");
    }
  }
}

package io.pilothouse.cli;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** One page in roff's man macros, of all commands as {@code --help} describes them. */
final class ManPage {
  private final CommandLine pilot;
  private final StringBuilder text = new StringBuilder();

  ManPage(CommandLine pilot) {
    this.pilot = pilot;
  }

  String text() {
    CommandSpec root = pilot.getCommandSpec();
    macro("TH", "PILOT", "1", "", "Pilothouse " + Version.text());
    macro("SH", "NAME");
    line("pilot - " + lower(words(root.usageMessage().description())));
    macro("SH", "SYNOPSIS");
    line("pilot NOUN [VERB] [OPTIONS] [ARGUMENTS]");
    macro("SH", "OPTIONS OF ALL COMMANDS");
    arguments(root);
    macro("SH", "COMMANDS");
    commands(pilot);
    macro("SH", "EXIT STATUS");
    line(words(root.usageMessage().footer()));
    macro("SH", "ENVIRONMENT");
    line("PILOT_HOME, PILOT_SERVERS, PILOT_TLS, NO_COLOR: as the options of all commands say.");
    return text.toString().stripTrailing();
  }

  private void commands(CommandLine parent) {
    // one that has two names is there under both
    for (CommandLine each : new LinkedHashSet<>(parent.getSubcommands().values())) {
      if (each.getSubcommands().isEmpty()) {
        command(each.getCommandSpec());
      } else {
        commands(each); // a noun does nothing by itself
      }
    }
  }

  private void command(CommandSpec spec) {
    String positions =
        spec.positionalParameters().stream()
            .map(each -> " " + label(each))
            .collect(Collectors.joining());
    String options = options(spec).findAny().isPresent() ? " [OPTIONS]" : "";
    macro("SS", spec.qualifiedName() + options + positions);
    line(words(spec.usageMessage().description()));
    arguments(spec);
  }

  private void arguments(CommandSpec spec) {
    spec.positionalParameters().stream()
        .filter(each -> each.description().length > 0)
        .forEach(each -> argument(label(each), each));
    options(spec)
        .forEach(
            each ->
                argument(
                    String.join(", ", each.names())
                        + (each.arity().max() == 0 ? "" : " " + each.paramLabel()),
                    each));
  }

  /** Those of all commands are said once, at the top. */
  private static Stream<OptionSpec> options(CommandSpec spec) {
    return spec.options().stream().filter(each -> !each.hidden() && !each.inherited());
  }

  private static String label(PositionalParamSpec parameter) {
    String more = parameter.arity().max() > 1 ? "..." : "";
    return parameter.required()
        ? parameter.paramLabel() + more
        : "[" + parameter.paramLabel() + more + "]";
  }

  private void argument(String name, ArgSpec argument) {
    text.append(".TP\n");
    line(name);
    line(words(argument.description()));
  }

  /** Descriptions are formats without arguments, some of them with a sign alone. */
  private static String words(String... lines) {
    return Stream.of(lines)
        .map(each -> each.replace("%n", " ").replace("%%", "%").strip())
        .filter(each -> !each.isEmpty())
        .collect(Collectors.joining(" "));
  }

  private static String lower(String sentence) {
    return sentence.isEmpty()
        ? sentence
        : Character.toLowerCase(sentence.charAt(0)) + sentence.substring(1).replaceAll("\\.$", "");
  }

  private void macro(String name, String... arguments) {
    text.append('.').append(name);
    for (String each : List.of(arguments)) {
      text.append(" \"").append(escaped(each).replace("\"", "\\(dq")).append('"');
    }
    text.append('\n');
  }

  /** A line that begins with a dot or a quote would be a macro. */
  private void line(String words) {
    String safe = escaped(words);
    boolean isMacro = safe.startsWith(".") || safe.startsWith("'");
    text.append(isMacro ? "\\&" : "").append(safe).append('\n');
  }

  private static String escaped(String words) {
    return words.replace("\\", "\\e").replace("-", "\\-").replace("…", "...");
  }
}

package io.pilothouse.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** The manual page has what {@code --help} has, in a form that troff reads. */
class ManPageTest {
  private static final Pattern MACRO = Pattern.compile("\\.(TH|SH|SS|TP)( \"[^\"]*\")*");

  private final Typed typed = Typed.run("man");

  @Test
  void everyCommandIsThere() {
    assertThat(typed.code()).as(typed.err()).isZero();
    assertThat(typed.out()).startsWith(".TH \"PILOT\" \"1\"");
    for (String each : commands(Pilot.commandLine())) {
      assertThat(typed.out()).contains(".SS \"" + each.replace("-", "\\-"));
    }
    assertThat(typed.out())
        .contains(
            ".SS \"pilot rollout start [OPTIONS] TYPE NAME@VERSION\"",
            ".TP\n\\-\\-plan DIGEST\nrefuse when the fleet has changed since this plan\n",
            "or a share of all: 60%\n",
            ".SH \"EXIT STATUS\"");
  }

  /** What is said once at the top is not said at each command. */
  @Test
  void optionsOfAllCommandsAreThereOnce() {
    assertThat(typed.out().split(Pattern.quote("\\-\\-servers HOST:PORT"), -1)).hasSize(2);
  }

  @Test
  void noLineIsAMacroByChance() {
    assertThat(typed.out().lines().filter(each -> each.startsWith(".") || each.startsWith("'")))
        .isNotEmpty()
        .allMatch(each -> MACRO.matcher(each).matches());
  }

  private static List<String> commands(CommandLine parent) {
    List<String> names = new ArrayList<>();
    for (CommandLine each : parent.getSubcommands().values()) {
      names.addAll(
          each.getSubcommands().isEmpty()
              ? List.of(each.getCommandSpec().qualifiedName())
              : commands(each));
    }
    return names;
  }
}

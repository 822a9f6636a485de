package io.pilothouse.manifests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.api.v1.Fleet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The table of built-in watchdogs, its page, and the files that name them. */
class BuiltInWatchdogsTest {
  private static final Path PAGE = Path.of("../docs/reference/watchdogs.md");
  private static final Pattern TABLE =
      Pattern.compile("<!-- builtin: (\\S+) -->\n(.*?)<!-- end -->", Pattern.DOTALL);

  @TempDir private Path dir;

  @Test
  void everyOneIsDocumented() throws IOException {
    String page = Files.readString(PAGE);
    String fresh = TABLE.matcher(page).replaceAll(BuiltInWatchdogsTest::table);
    if (Boolean.getBoolean("docs.write")) {
      Files.writeString(PAGE, fresh);
    }
    assertThat(Files.readString(PAGE))
        .as("tables follow BuiltInWatchdogs: run this test with -Ddocs.write=true")
        .isEqualTo(fresh);
    for (BuiltInWatchdog each : BuiltInWatchdogs.all()) {
      assertThat(page).contains("### " + each.name() + "\n<!-- builtin: " + each.name() + " -->");
    }
  }

  private static String table(MatchResult match) {
    BuiltInWatchdog each = BuiltInWatchdogs.find(match.group(1)).orElseThrow();
    StringBuilder text = new StringBuilder("<!-- builtin: " + each.name() + " -->\n");
    text.append("Looks at ").append(each.looksAt()).append(".\n");
    if (!each.args().isEmpty()) {
      text.append("\n| argument | default | meaning |\n|---|---|---|\n");
      each.args()
          .forEach(
              arg ->
                  text.append(
                      "| `%s` | %s | %s |%n"
                          .formatted(
                              arg.key(),
                              arg.preset().isEmpty() ? "" : "`" + arg.preset() + "`",
                              arg.meaning())));
    }
    if (!each.faults().isEmpty()) {
      text.append("\n| fault | meaning |\n|---|---|\n");
      each.faults()
          .forEach(
              fault -> text.append("| `%s` | %s |%n".formatted(fault.code(), fault.meaning())));
    }
    return Matcher.quoteReplacement(text.append("\n<!-- end -->").toString());
  }

  @Test
  void theExamplesCanBeCopiedIntoAFleet() throws IOException {
    copy(Path.of("examples/quickstart"), dir);
    copy(Path.of("examples/watchdogs"), dir.resolve("watchdogs"));
    Fleet fleet = loaded(dir);
    assertThat(fleet.getWatchdogsList())
        .extracting(each -> BuiltInWatchdogs.chosen(each))
        .containsAll(BuiltInWatchdogs.all().stream().map(BuiltInWatchdog::name).toList());
  }

  @Test
  void presetsAreRightAndOthersAreRead() {
    for (BuiltInWatchdog each : BuiltInWatchdogs.all()) {
      List<String> presets =
          each.args().stream()
              .filter(arg -> !arg.preset().isEmpty())
              .map(arg -> arg.key() + "=" + arg.preset())
              .toList();
      assertThat(BuiltInArgs.problems(each, presets)).as(each.name()).isEmpty();
    }
    BuiltInWatchdog slow = BuiltInWatchdogs.find("slow").orElseThrow();
    BuiltInArgs args = BuiltInArgs.of(slow, List.of("mads=4.5", "most=12.5%"));
    assertThat(args.number("mads")).isEqualTo(4.5);
    assertThat(args.share("most")).isEqualTo(0.125);
    assertThat(args.count("rounds")).isEqualTo(3);
    BuiltInWatchdog drift = BuiltInWatchdogs.find("drift").orElseThrow();
    assertThat(BuiltInArgs.of(drift, List.of("grace=90s")).duration("grace"))
        .isEqualTo(Duration.ofSeconds(90));
  }

  @Test
  void wrongArgumentsAreSaid() {
    BuiltInWatchdog drift = BuiltInWatchdogs.find("drift").orElseThrow();
    assertThat(BuiltInArgs.problems(drift, List.of("grace", "grace=soon", "grce=5m")))
        .containsExactly(
            "\"grace\" is not right for drift; write grace=VALUE with a duration such as 500ms,"
                + " 90s, 5m, 1h or 2d",
            "\"grace=soon\" is not right for drift; write grace=VALUE with a duration such as"
                + " 500ms, 90s, 5m, 1h or 2d",
            "the built-in watchdog drift has no argument \"grce\"; it has grace (did you mean"
                + " \"grace\"?)");
    assertThat(BuiltInArgs.problems(drift, List.of("grace=5m", "grace=6m")))
        .containsExactly("grace is there twice");
    BuiltInWatchdog heartbeat = BuiltInWatchdogs.find("heartbeat").orElseThrow();
    assertThatThrownBy(() -> BuiltInArgs.of(heartbeat, List.of("a=1")))
        .hasMessage("the built-in watchdog heartbeat takes no arguments");
  }

  private static Fleet loaded(Path dir) {
    return switch (FleetDirectory.load(dir)) {
      case LoadResult.Loaded<Fleet> loaded -> loaded.value();
      case LoadResult.Rejected<Fleet> rejected ->
          throw new AssertionError(rejected.problems().toString());
    };
  }

  private static void copy(Path from, Path to) throws IOException {
    List<Path> files;
    try (Stream<Path> walk = Files.walk(from)) {
      files = walk.filter(Files::isRegularFile).toList();
    }
    for (Path file : files) {
      Path target = to.resolve(from.relativize(file).toString());
      Files.createDirectories(target.getParent());
      Files.copy(
          file, target, StandardCopyOption.COPY_ATTRIBUTES, StandardCopyOption.REPLACE_EXISTING);
    }
  }
}

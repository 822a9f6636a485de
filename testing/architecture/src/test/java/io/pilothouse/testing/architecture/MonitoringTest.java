package io.pilothouse.testing.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The shipped alerting rules do what they say; promtool is of Debian's package prometheus. */
class MonitoringTest {
  private static final Path RULES = Code.root().resolve("packaging/src/prometheus");

  @Test
  @Tag("system")
  void theRulesAlertWhenTheyShouldAndNotOtherwise() throws Exception {
    assertThat(promtool("check", "rules", "pilothouse.rules.yml")).contains("SUCCESS");
    assertThat(promtool("test", "rules", "pilothouse.rules.test.yml")).contains("SUCCESS");
  }

  @Test
  void everyPageThatAnAlertNamesIsThere() throws IOException {
    String rules = Files.readString(RULES.resolve("pilothouse.rules.yml"));
    Set<String> pages = new TreeSet<>();
    Pattern.compile("docs/[a-z/-]+[.]md")
        .matcher(rules)
        .results()
        .forEach(each -> pages.add(each.group()));
    assertThat(pages).isNotEmpty().allMatch(each -> Files.exists(Code.root().resolve(each)));
  }

  private static String promtool(String... arguments) throws Exception {
    String[] command = new String[arguments.length + 1];
    command[0] = "promtool";
    System.arraycopy(arguments, 0, command, 1, arguments.length);
    Process process =
        new ProcessBuilder(command).directory(RULES.toFile()).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    return said;
  }
}

package io.pilothouse.testing.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Rules about the files themselves. */
class TreeTest {
  private static final int LONGEST_FILE = 500;
  private static final Pattern LINK = Pattern.compile("]\\(([^)\\s#]+)(#[^)\\s]*)?\\)");

  @Test
  void noSourceFileIsALargeRoom() throws IOException {
    List<String> large = new ArrayList<>();
    for (Path file : Code.files(".java")) {
      long lines = Files.readAllLines(file).size();
      if (lines > LONGEST_FILE) {
        large.add(Code.root().relativize(file) + ": " + lines);
      }
    }
    assertThat(large)
        .as("files above %d lines; split them by what they are about", LONGEST_FILE)
        .isEmpty();
  }

  @Test
  void everyPackageOfTheProductIsNullMarked() throws IOException {
    List<String> bare = new ArrayList<>();
    for (Path file : Code.files(".java")) {
      Path dir = file.getParent();
      Path info = dir.resolve("package-info.java");
      boolean product = dir.toString().contains("src/main/java");
      if (product && (!Files.exists(info) || !Files.readString(info).contains("@NullMarked"))) {
        bare.add(Code.root().relativize(dir).toString());
      }
    }
    assertThat(bare.stream().distinct().toList()).as("packages without @NullMarked").isEmpty();
  }

  @Test
  void linksOfTheDocumentationLeadSomewhere() throws IOException {
    List<String> broken = new ArrayList<>();
    for (Path file : Code.files(".md")) {
      Matcher links = LINK.matcher(Files.readString(file));
      while (links.find()) {
        String target = links.group(1);
        if (!target.contains("://") && !Files.exists(file.resolveSibling(target).normalize())) {
          broken.add(Code.root().relativize(file) + " → " + target);
        }
      }
    }
    assertThat(broken).isEmpty();
  }

  @Test
  void healthCodesHaveTheirPage() throws IOException {
    Path page = Code.root().resolve("docs/operations/health-codes.md");
    String text = Files.readString(page);
    List<String> missing = new ArrayList<>();
    Pattern code =
        Pattern.compile(
            "\"((?:MACHINE|REPAIR|ROLLOUT|DM|DEPLOYMENT|SATELLITE|WATCHDOG|RECORD)_[A-Z_]+)\"");
    for (Path file : Code.files(".java")) {
      if (!file.toString().contains("src/main/java/io/pilothouse/dm/")) {
        continue;
      }
      Matcher matcher = code.matcher(Files.readString(file));
      while (matcher.find()) {
        if (!text.contains(matcher.group(1))) {
          missing.add(matcher.group(1));
        }
      }
    }
    assertThat(missing.stream().distinct().toList())
        .as("codes without a section in %s", page)
        .isEmpty();
  }
}

package io.pilothouse.manifests;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.Fleet;
import io.pilothouse.manifests.text.Problem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files spoiled at random are refused with places, or taken; they never stop the reader. */
class MutationTest {
  private static final int ROUNDS = 400;
  private static final List<String> BITS =
      List.of(
          "\n",
          "\t",
          ": ",
          "- ",
          "[",
          "]",
          "{",
          "}",
          "\"",
          "'",
          "&a ",
          "*a",
          "!!int ",
          "#",
          "---\n",
          "\u0000",
          "\uFEFF",
          "é",
          "0",
          "%",
          ",",
          "|",
          "null",
          "? ",
          "<<: ",
          "name: x\n",
          "\r");

  @Test
  void spoiledFilesNeverStopTheReader(@TempDir Path dir) throws IOException {
    long seed = Long.getLong("mutation.seed", 20260101L);
    Random random = new Random(seed);
    List<Path> files = copy(dir);
    int refused = 0;
    for (int round = 0; round < ROUNDS; round++) {
      Path file = files.get(random.nextInt(files.size()));
      String before = Files.readString(file);
      Files.writeString(file, spoil(before, random));
      refused += refused(dir, "seed " + seed + ", round " + round);
      Files.writeString(file, before);
    }
    assertThat(refused).as("most of what is spoiled must be refused").isGreaterThan(ROUNDS / 2);
  }

  private static int refused(Path dir, String what) {
    LoadResult<Fleet> result;
    try {
      result = FleetDirectory.load(dir);
    } catch (RuntimeException e) {
      throw new AssertionError(what, e);
    }
    if (result instanceof LoadResult.Rejected<Fleet> rejected) {
      assertThat(rejected.problems()).as(what).isNotEmpty().isSorted();
      for (Problem each : rejected.problems()) {
        assertThat(each.place().line()).as(what).isPositive();
        assertThat(each.place().column()).as(what).isPositive();
        assertThat(each.message()).as(what).isNotBlank().doesNotContain("\n");
      }
      return 1;
    }
    return 0;
  }

  private static String spoil(String text, Random random) {
    StringBuilder spoiled = new StringBuilder(text);
    for (int i = random.nextInt(3); i >= 0; i--) {
      int at = random.nextInt(spoiled.length() + 1);
      int end = Math.min(spoiled.length(), at + random.nextInt(12));
      switch (random.nextInt(4)) {
        case 0 -> spoiled.delete(at, end);
        case 1 -> spoiled.insert(at, BITS.get(random.nextInt(BITS.size())));
        case 2 -> spoiled.insert(at, spoiled.substring(at, end));
        default -> spoiled.replace(at, end, BITS.get(random.nextInt(BITS.size())));
      }
    }
    return spoiled.toString();
  }

  private static List<Path> copy(Path dir) throws IOException {
    Path from = Path.of("examples/quickstart");
    List<Path> all;
    try (Stream<Path> walk = Files.walk(from)) {
      all = walk.filter(each -> !each.toString().contains(".schema")).sorted().toList();
    }
    for (Path each : all) {
      Files.copy(
          each,
          dir.resolve(from.relativize(each).toString()),
          StandardCopyOption.COPY_ATTRIBUTES,
          StandardCopyOption.REPLACE_EXISTING);
    }
    return all.stream()
        .filter(Files::isRegularFile)
        .map(each -> dir.resolve(from.relativize(each).toString()))
        .filter(each -> each.toString().getBytes(StandardCharsets.UTF_8).length > 0)
        .toList();
  }
}

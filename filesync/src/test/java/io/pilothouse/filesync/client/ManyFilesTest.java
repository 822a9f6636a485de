package io.pilothouse.filesync.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.filesync.DurableFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tiny files with all kinds of names, through programs with the memory of the real ones. */
class ManyFilesTest {
  private static final int DIRECTORIES = 1000;

  /** As many as there are names that each look like trouble, and are none. */
  private static final List<String> NAMES =
      List.of(
          "plain-%d",
          "e\u0301-%d", // an accent of its own
          "\u00e9-%d", // the same letter, composed: another name
          "\u0645\u0644\u0641-%d", // from right to left
          "\u202eabc-%d\u202c", // turned round
          "\ud83d\udc69\u200d\ud83d\ude80-%d", // one picture of three characters
          "\ud840\udc00-%d", // beyond 16 bits
          " %d", // a blank before
          "%d ", // a blank behind
          "\u00a0%d", // that does not break
          "\"%d\\", // what JSON writes otherwise
          "-%d", // as an option
          "*?[%d]$x", // as a pattern
          "." + "%d", // hidden
          "\u00fc".repeat(120) + "%d"); // almost 255 bytes

  @TempDir private Path temporary;

  private Path make(int files) throws IOException {
    Path source = temporary.resolve("source");
    for (int i = 0; i < files; i++) {
      Path directory = source.resolve("d%03d".formatted(i % DIRECTORIES));
      if (i < DIRECTORIES) {
        Files.createDirectories(directory);
      }
      int number = i / DIRECTORIES;
      // two of one number, so that names stand side by side that differ by their form alone
      String name = NAMES.get(number % NAMES.size()).formatted(number / NAMES.size());
      Path file = Files.createFile(directory.resolve(name));
      if (i % 3 != 0) {
        Files.writeString(file, "the %d".formatted(i));
      }
    }
    return source;
  }

  private void pass(int files) throws Exception {
    Path source = make(files);
    Path index = temporary.resolve("index");
    Path disk = Files.createDirectories(temporary.resolve("disk"));
    Path store = temporary.resolve("store");
    try (ChildJvm replica = new ChildJvm("satellite", ReplicaAlone.class, store);
        ChildJvm engineer = new ChildJvm("cli", EngineerAlone.class);
        ChildJvm agent = new ChildJvm("agent", AgentAlone.class)) {
      String address = replica.answer();
      String one = timed("add", engineer, "add", source, index, address);
      assertThat(timed("held", replica, "held")).isEqualTo("[" + one + "]");
      Path first = disk.resolve("1.0.0");
      timed("fetch", agent, "fetch", address, one, first);
      assertThat(timed("pack", engineer, "pack", first, index)).isEqualTo(one);
      assertThat(timed("fetch again", agent, "fetch", address, one, first)).isEqualTo("0");
      Files.writeString(source.resolve("d007/plain-0"), "changed");
      Files.delete(source.resolve("d008/plain-0"));
      Files.writeString(source.resolve("d009/new"), "added");
      String two = timed("add next", engineer, "add", source, index, address);
      Path second = disk.resolve("1.1.0");
      assertThat(timed("fetch next", agent, "fetch", address, two, second))
          .as("changed, added")
          .isEqualTo("12");
      assertThat(timed("pack next", engineer, "pack", second, index)).isEqualTo(two);
      DurableFiles.deleteTree(second.resolve("d010/plain-0"));
      assertThat(timed("scrub", agent, "check", second))
          .isEqualTo("[Damage[path=d010/plain-0, what=is missing]]");
      assertThat(timed("collect index", replica, "collect", two)).contains("contents=0");
      assertThat(timed("collect index", replica, "collect", two)).contains("contents=1");
      assertThat(timed("collect chunks", replica, "collect", two))
          .isEqualTo("Collected[contents=0, chunks=2, bytes=10]");
      assertThat(replica.tell("held")).isEqualTo("[" + two + "]");
      for (ChildJvm each : List.of(engineer, replica, agent)) {
        System.out.println(each.tell("peak"));
      }
    }
  }

  /** Says how long it took, for whoever runs the large one. */
  private static String timed(String what, ChildJvm who, Object... words) throws IOException {
    long start = System.nanoTime();
    String answer = who.tell(words);
    System.out.printf("%s: %d ms%n", what, Duration.ofNanos(System.nanoTime() - start).toMillis());
    return answer;
  }

  @Test
  @Timeout(value = 5, unit = TimeUnit.MINUTES)
  void manyThousandFiles() throws Exception {
    pass(16_000);
  }

  @Test
  @Tag("large")
  @Timeout(value = 60, unit = TimeUnit.MINUTES)
  void aMillionFiles() throws Exception {
    pass(1_000_000);
  }
}

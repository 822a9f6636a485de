package io.pilothouse.examples.batch;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Jobs as text, one a line: {@code SECONDS NAME TASKS COMMAND…}, the seconds after which it is
 * submitted. Empty lines and those that begin with {@code #} say nothing.
 */
final class JobFile {
  private static final double CPUS = 1;
  private static final double MEM = 32;

  /** A job, and when it comes. */
  record Line(Duration at, Job job) {}

  private JobFile() {}

  /**
   * Reads all lines.
   *
   * @return in the order of their times
   * @throws IllegalArgumentException says what is wrong, and in which line
   */
  static List<Line> read(List<String> lines) {
    List<Line> all = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (int number = 1; number <= lines.size(); number++) {
      String line = lines.get(number - 1).strip();
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      String[] words = line.split("\\s+", 4);
      if (words.length < 4
          || !words[0].matches("[0-9]{1,6}")
          || !words[2].matches("[1-9][0-9]{0,5}")) {
        throw new IllegalArgumentException(
            "line %d: '%s' is not SECONDS NAME TASKS COMMAND, as in: 0 count 20 sleep 3"
                .formatted(number, line));
      }
      if (!names.add(words[1])) {
        throw new IllegalArgumentException(
            "line %d: there is a job %s above: give this one another name"
                .formatted(number, words[1]));
      }
      all.add(
          new Line(
              Duration.ofSeconds(Long.parseLong(words[0])),
              new Job(words[1], Integer.parseInt(words[2]), words[3], CPUS, MEM)));
    }
    all.sort((one, other) -> one.at().compareTo(other.at()));
    return all;
  }
}

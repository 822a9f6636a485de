package io.pilothouse.manifests;

import io.pilothouse.manifests.table.Shapes.Placed;
import io.pilothouse.manifests.text.Place;
import io.pilothouse.manifests.text.Problems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Whether the programs that processes begin with are among the files: cheaper to be told here than
 * by a rollout's canary.
 */
final class ShippedPrograms {
  /**
   * A line's first word when it is a path below the directory, without anything the shell changes.
   */
  private static final Pattern FIRST =
      Pattern.compile("\\s*(?:exec\\s+)?(\\./[A-Za-z0-9._/+-]+).*");

  private final Path dir;
  private final Problems problems;

  ShippedPrograms(Path dir, Problems problems) {
    this.dir = dir;
    this.problems = problems;
  }

  void check(List<Placed<ProcessDraft>> processes) {
    for (Placed<ProcessDraft> process : processes) {
      program(process.value().run).ifPresent(each -> check(process.place(), each));
    }
  }

  private static Optional<String> program(String line) {
    Matcher first = FIRST.matcher(line.lines().findFirst().orElse(""));
    return first.matches() ? Optional.of(first.group(1)) : Optional.empty();
  }

  private void check(Place place, String program) {
    Path path = dir.resolve(program).normalize();
    if (!Files.exists(path)) {
      problems.add(
          place,
          "processes.run: there is no file %s beside it; ship the program, or correct the line"
              .formatted(program));
    } else if (!Files.isExecutable(path) || Files.isDirectory(path)) {
      problems.add(
          place, "processes.run: %s cannot be executed; run: chmod +x %s".formatted(program, path));
    }
  }
}

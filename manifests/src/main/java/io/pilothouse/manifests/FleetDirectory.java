package io.pilothouse.manifests;

import io.pilothouse.api.v1.Fleet;
import io.pilothouse.manifests.text.Place;
import io.pilothouse.manifests.text.Problems;
import io.pilothouse.manifests.text.YamlReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Loads a fleet directory. Where a document stands does not count, its kind and name do; two places
 * are fixed: {@code machines.csv}, and {@code watchdogs/} for scripts that are dropped in.
 */
public final class FleetDirectory {
  private static final String WATCHDOGS = "watchdogs/";

  private final Path dir;
  private final Problems problems = new Problems();
  private final FleetReader reader;

  private FleetDirectory(Path dir) {
    this.dir = dir;
    this.reader = new FleetReader(dir, problems);
  }

  /**
   * Reads and checks every file; files of the problems are relative to {@code dir}.
   *
   * @return the fleet in canonical order, or every mistake
   */
  public static LoadResult<Fleet> load(Path dir) {
    return new FleetDirectory(dir).load();
  }

  private LoadResult<Fleet> load() {
    if (!Files.isDirectory(dir)) {
      problems.add(Place.top("."), dir + " is not a directory; name the fleet directory");
      return LoadResult.of(problems, Fleet::getDefaultInstance);
    }
    try {
      for (String file : FleetFiles.list(dir)) {
        file(file);
      }
    } catch (IOException e) {
      problems.add(Place.top("."), "cannot list the files: " + FleetFiles.why(e));
    }
    reader.dropIns();
    FleetParts parts = reader.parts();
    if (parts.inventory().isEmpty()) {
      problems.add(
          Place.top(Inventory.FILE),
          "there is no such file; write one, if only with the header line, since a missing"
              + " inventory must not read as an empty fleet");
    }
    new FleetChecks(parts, problems).run();
    return LoadResult.of(problems, parts::fleet);
  }

  private void file(String file) {
    if (FleetFiles.isYaml(file)) {
      FleetFiles.text(dir, file, problems)
          .ifPresent(text -> YamlReader.read(file, text, problems).forEach(reader::document));
    } else if (file.equals(Inventory.FILE)) {
      FleetFiles.text(dir, file, problems)
          .ifPresent(text -> reader.parts().inventory(Inventory.read(file, text, problems)));
    } else if (file.endsWith(".csv")) {
      problems.add(
          Place.top(file),
          "this file is not read: the inventory is " + Inventory.FILE + ", at the top");
    } else if (file.startsWith(WATCHDOGS) && !file.endsWith(".md")) {
      reader.script(file);
    }
  }
}

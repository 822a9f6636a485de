package io.pilothouse.tasks;

import io.pilothouse.filesync.DurableFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Which executor a task is in, and with whom: in the file {@code place} beside its launch. A
 * command that has an executor of its own has no place.
 *
 * @param executor container of the executor
 * @param group of tasks that live and die together; empty for one that was launched alone
 */
record Place(String executor, String group) {
  private static final String FILE = "place";

  void write(Path meta) throws IOException {
    String text = executor + " " + group + "\n";
    DurableFiles.replace(meta.resolve(FILE), text.getBytes(StandardCharsets.UTF_8));
  }

  static Optional<Place> read(Path meta) throws IOException {
    Path file = meta.resolve(FILE);
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    List<String> words = List.of(Files.readString(file).strip().split(" ", -1));
    return Optional.of(new Place(words.getFirst(), words.size() > 1 ? words.get(1) : ""));
  }
}

package io.pilothouse.tasks.fetch;

import io.pilothouse.filesync.DurableFiles;
import io.pilothouse.filesync.Sha256;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Optional;

/**
 * One content that is kept: a directory with {@code content} and {@code about}, which came by one
 * rename and does not change. Its time is no time of day: the higher, the later it was used.
 *
 * @param key of its URI
 */
record Entry(Path dir, String key, String sha256, Validator validator, long size) {
  private static final int LINES = 4;

  Path content() {
    return dir.resolve("content");
  }

  /** Makes one of a file, which it takes. */
  static Entry make(Path dir, Path content, String key, String sha256, Validator validator)
      throws IOException {
    Files.createDirectory(dir);
    Files.move(content, dir.resolve("content"));
    DurableFiles.sync(dir.resolve("content")); // half a file is worse than none after a power loss
    String about =
        String.join("\n", key, sha256, line(validator.tag()), line(validator.modified())) + "\n";
    DurableFiles.write(dir.resolve("about"), about.getBytes(StandardCharsets.UTF_8));
    DurableFiles.syncDirectory(dir);
    return new Entry(dir, key, sha256, validator, Files.size(dir.resolve("content")));
  }

  private static String line(String text) {
    return text.replace("\n", " ");
  }

  /** One that an agent before this one made; empty for what is none. */
  static Optional<Entry> load(Path dir) throws IOException {
    Path about = dir.resolve("about");
    if (!Files.isRegularFile(about) || !Files.isRegularFile(dir.resolve("content"))) {
      return Optional.empty();
    }
    List<String> lines = List.of(Files.readString(about).split("\n", -1));
    boolean whole = lines.size() == LINES + 1 && Sha256.isHex(lines.get(0));
    return whole && Sha256.isHex(lines.get(1))
        ? Optional.of(
            new Entry(
                dir,
                lines.get(0),
                lines.get(1),
                new Validator(lines.get(2), lines.get(3)),
                Files.size(dir.resolve("content"))))
        : Optional.empty();
  }

  FileTime used() throws IOException {
    return Files.getLastModifiedTime(dir);
  }

  Entry moved(Path to) throws IOException {
    Files.move(dir, to);
    return new Entry(to, key, sha256, validator, size);
  }

  /** Remembers that it was used, for the next agent, too. */
  void use(FileTime at) throws IOException {
    Files.setLastModifiedTime(dir, at);
  }
}

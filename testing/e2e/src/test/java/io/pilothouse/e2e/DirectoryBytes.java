package io.pilothouse.e2e;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/** What is in a directory, to compare it with another. */
final class DirectoryBytes {

  private DirectoryBytes() {}

  /** Every file below a directory with its bytes, one character each. */
  static Map<String, String> of(Path dir) throws IOException {
    Path real = dir.toRealPath();
    Map<String, String> contents = new TreeMap<>();
    try (var walk = Files.walk(real)) {
      for (Path file : walk.filter(Files::isRegularFile).toList()) {
        contents.put(
            real.relativize(file).toString(),
            new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1));
      }
    }
    return contents;
  }
}

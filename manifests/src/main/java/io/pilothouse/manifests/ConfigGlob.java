package io.pilothouse.manifests;

import io.pilothouse.manifests.table.Shape;
import io.pilothouse.manifests.table.Shapes;
import java.nio.file.FileSystems;
import java.util.Optional;
import java.util.regex.PatternSyntaxException;

/** A glob over a manifest's files, as {@code java.nio.file} has it: {@code conf/**}. */
final class ConfigGlob {
  private ConfigGlob() {}

  static Shape<String> shape() {
    Shape<String> path = ProcessTable.relative("conf/**");
    return Shapes.parsed(
        path,
        path::schema,
        (node, text, reading) -> {
          try {
            FileSystems.getDefault().getPathMatcher("glob:" + text);
            return Optional.of(text);
          } catch (PatternSyntaxException e) {
            reading.wrong(node, "a glob (%s); write for example conf/**".formatted(e.getMessage()));
            return Optional.empty();
          }
        });
  }
}

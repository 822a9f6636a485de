package io.pilothouse.manifests;

import io.pilothouse.manifests.text.Place;
import io.pilothouse.manifests.text.Problems;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The files of a directory, in one order everywhere; hidden ones and editors' leavings are not. */
final class FleetFiles {
  private static final long LARGEST = 256L << 20;

  private FleetFiles() {}

  /** Paths relative to {@code dir}, sorted. */
  static List<String> list(Path dir) throws IOException {
    List<String> files = new ArrayList<>();
    Files.walkFileTree(
        dir,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path each, BasicFileAttributes attributes) {
            return !each.equals(dir) && isHidden(each)
                ? FileVisitResult.SKIP_SUBTREE
                : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path each, BasicFileAttributes attributes) {
            if (!isHidden(each)) {
              files.add(dir.relativize(each).toString());
            }
            return FileVisitResult.CONTINUE;
          }
        });
    files.sort(null);
    return files;
  }

  private static boolean isHidden(Path path) {
    Path name = path.getFileName();
    return name != null && (name.toString().startsWith(".") || name.toString().endsWith("~"));
  }

  static boolean isYaml(String file) {
    String lower = file.toLowerCase(Locale.ROOT);
    return lower.endsWith(".yaml") || lower.endsWith(".yml");
  }

  /** A UTF-8 text, or empty after the problem was added. */
  static Optional<String> text(Path dir, String file, Problems problems) {
    Path path = dir.resolve(file);
    try {
      if (Files.size(path) > LARGEST) {
        problems.add(Place.top(file), "it has more than 256 MiB; split it");
        return Optional.empty();
      }
      ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(path));
      String text = StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
      return Optional.of(text.startsWith("\uFEFF") ? text.substring(1) : text);
    } catch (CharacterCodingException e) {
      problems.add(Place.top(file), "not UTF-8 text; convert it with iconv");
    } catch (IOException e) {
      problems.add(Place.top(file), "cannot read it: " + why(e));
    }
    return Optional.empty();
  }

  /** An I/O error in words; the JDK's messages are often only the path. */
  static String why(IOException e) {
    return switch (e) {
      case NoSuchFileException missing -> "there is no file " + missing.getFile();
      case AccessDeniedException denied -> "no permission to read " + denied.getFile();
      default -> String.valueOf(e.getMessage());
    };
  }
}

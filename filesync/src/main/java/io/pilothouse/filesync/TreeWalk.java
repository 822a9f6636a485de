package io.pilothouse.filesync;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;

/**
 * Files and links below a directory in the order of an index, which is that of the names in each
 * directory: only the names of the directories on the way are in memory.
 */
final class TreeWalk {
  private TreeWalk() {}

  /** Takes files, links, and whatever else is found. */
  interface Visitor {
    /**
     * The next one.
     *
     * @param name its path, with {@code /} between names
     */
    void visit(Path path, String name, BasicFileAttributes attributes) throws IOException;
  }

  static void walk(Path root, Visitor visitor) throws IOException {
    walk(root, "", visitor);
  }

  private static void walk(Path directory, String above, Visitor visitor) throws IOException {
    for (String name : names(directory)) {
      Path path = directory.resolve(name);
      BasicFileAttributes attributes =
          Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
      if (attributes.isDirectory()) {
        walk(path, above + name + "/", visitor);
      } else {
        visitor.visit(path, above + name, attributes);
      }
    }
  }

  private static List<String> names(Path directory) throws IOException {
    List<String> names = new ArrayList<>();
    try (DirectoryStream<Path> all = Files.newDirectoryStream(directory)) {
      for (Path each : all) {
        names.add(each.getFileName().toString());
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    names.sort(null);
    return names;
  }
}

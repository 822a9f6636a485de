package io.pilothouse.tasks.oci;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * Finds names below a directory as a program would whose root that is: links lead to where they
 * would lead there, and nothing leads out of it. Nobody else may write there meanwhile.
 *
 * @param root a directory
 */
record RootPaths(Path root) {
  /** As many as the kernel follows (path_resolution(7)). */
  private static final int MOST_LINKS = 40;

  /** NAME_MAX, and PATH_MAX with its end. */
  private static final int LONGEST_NAME = 255;

  private static final int LONGEST_PATH = 4095;

  /**
   * The parts of a name that an archive holds; none for the root itself.
   *
   * @throws ImageException for one that goes up, or that no file can have
   */
  static List<String> parts(String name) throws ImageException {
    List<String> parts = split(name);
    if (parts.contains("..")) {
      throw new ImageException("it holds \"%s\", which leads out of the image".formatted(name));
    }
    return parts;
  }

  private static List<String> split(String name) {
    List<String> parts = new ArrayList<>();
    for (String each : name.split("/", -1)) {
      if (!each.isEmpty() && !each.equals(".")) {
        parts.add(each);
      }
    }
    return parts;
  }

  /**
   * A directory.
   *
   * @param make whether what is not there is made
   * @return the directory itself, by no link; empty if it is not there
   * @throws ImageException when something on the way is a file
   */
  Optional<Path> directory(List<String> parts, boolean make) throws IOException {
    Deque<String> left = new ArrayDeque<>(parts);
    Path at = root;
    int links = 0;
    while (!left.isEmpty()) {
      String part = left.removeFirst();
      if (part.equals("..")) {
        at = at.equals(root) ? root : at.getParent();
        continue;
      }
      Path next = child(at, part);
      if (Files.isDirectory(next, LinkOption.NOFOLLOW_LINKS)) {
        at = next;
      } else if (Files.isSymbolicLink(next)) {
        if (++links > MOST_LINKS) {
          throw new ImageException(
              "its links lead in a circle at \"%s\"".formatted(String.join("/", parts)));
        }
        String target = Files.readSymbolicLink(next).toString();
        split(target).reversed().forEach(left::addFirst);
        at = target.startsWith("/") ? root : at;
      } else if (Files.exists(next, LinkOption.NOFOLLOW_LINKS)) {
        throw new ImageException(
            "it holds \"%s\" below \"%s\", which is no directory"
                .formatted(String.join("/", parts), root.relativize(next)));
      } else if (make) {
        at = Files.createDirectory(next);
      } else {
        return Optional.empty();
      }
    }
    return Optional.of(at);
  }

  static Path child(Path dir, String name) throws ImageException {
    Path child;
    try {
      child = dir.resolve(name);
    } catch (InvalidPathException e) {
      throw new ImageException(
          "it holds a name that cannot be written here: is the agent's locale UTF-8 (LC_ALL or"
              + " LANG, such as C.UTF-8)?");
    }
    if (bytes(name) > LONGEST_NAME || bytes(child.toString()) > LONGEST_PATH) {
      throw new ImageException(
          "it holds a name that is too long: %d bytes, and %d with all directories above it"
              .formatted(bytes(name), bytes(child.toString())));
    }
    return child;
  }

  private static int bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }

  /** A regular file, by whatever links; empty if there is none. */
  Optional<Path> file(String name) throws IOException {
    List<String> parts = split(name);
    for (int i = 0; i < MOST_LINKS && !parts.isEmpty(); i++) {
      Optional<Path> dir = directory(parts.subList(0, parts.size() - 1), false);
      if (dir.isEmpty()) {
        return Optional.empty();
      }
      Path file = child(dir.get(), parts.getLast());
      if (!Files.isSymbolicLink(file)) {
        return Optional.of(file)
            .filter(each -> Files.isRegularFile(each, LinkOption.NOFOLLOW_LINKS));
      }
      String target = Files.readSymbolicLink(file).toString();
      parts = split(target.startsWith("/") ? target : root.relativize(dir.get()) + "/" + target);
    }
    return Optional.empty();
  }
}

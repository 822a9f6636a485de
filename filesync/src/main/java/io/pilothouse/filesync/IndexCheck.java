package io.pilothouse.filesync;

import io.pilothouse.filesync.ContentIndex.Chunk;
import io.pilothouse.filesync.ContentIndex.Entry;
import io.pilothouse.filesync.ContentIndex.FileEntry;
import io.pilothouse.filesync.ContentIndex.LinkEntry;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;

/**
 * Refuses indexes that could write or point outside their directory, or that cannot be unpacked:
 * absolute paths, {@code ..}, links that leave, a file that is a directory too, sizes that do not
 * add up.
 */
final class IndexCheck {
  private static final int LONGEST_PATH = 1024;
  private static final int LONGEST_NAME_BYTES = 255;

  private final int format;

  /** The entry before, in format 2: whatever lies below a path follows it at once. */
  private String before = "";

  /** All paths, in format 1. */
  private final Set<String> paths = new HashSet<>();

  IndexCheck(int format) {
    this.format = format;
  }

  /** Checks the next entry. */
  void entry(Entry entry) throws ContentException {
    String path = entry.path();
    path(path);
    if (path.equals(before)) {
      throw new ContentException("\"" + path + "\" is there twice");
    }
    int order = format == 1 ? before.compareTo(path) : ContentIndex.comparePaths(before, path);
    if (order > 0) {
      throw ContentIndex.notCanonical();
    }
    if (format == 1) {
      paths.add(path);
      parents(path);
    } else if (path.startsWith(before + "/")) {
      throw below(path, before);
    }
    before = path;
    switch (entry) {
      case FileEntry file -> file(file);
      case LinkEntry link -> link(link);
    }
  }

  /** Also what keeps links safe: a link's parents are real directories, so its dots count. */
  private void parents(String path) throws ContentException {
    for (int slash = path.indexOf('/'); slash > 0; slash = path.indexOf('/', slash + 1)) {
      String parent = path.substring(0, slash);
      if (paths.contains(parent)) {
        throw below(path, parent);
      }
    }
  }

  private static ContentException below(String path, String parent) {
    return new ContentException(
        "\"%s\" lies below \"%s\", which is not a directory".formatted(path, parent));
  }

  private static void path(String path) throws ContentException {
    if (path.length() > LONGEST_PATH || !isText(path) || path.startsWith("/")) {
      throw outside(path);
    }
    for (String name : path.split("/", -1)) {
      boolean plain = !name.isEmpty() && !name.equals(".") && !name.equals("..");
      if (!plain || name.getBytes(StandardCharsets.UTF_8).length > LONGEST_NAME_BYTES) {
        throw outside(path);
      }
    }
  }

  private static ContentException outside(String path) {
    return new ContentException(
        "\"%s\" is not a path inside the directory: expected names of at most 255 bytes with / "
                .formatted(path)
            + "between, without .. and control characters, and relative");
  }

  /** Control characters would let a name write into logs; others have no UTF-8 form. */
  private static boolean isText(String text) {
    return text.codePoints()
        .noneMatch(
            c ->
                Character.getType(c) == Character.CONTROL
                    || Character.getType(c) == Character.SURROGATE
                    || c == '\ufffd');
  }

  /**
   * A target may go up only at its start and only as far as the directory's top. In {@code a/..}
   * the {@code a} could be a link itself, and the dots would start somewhere else.
   */
  private static void link(LinkEntry link) throws ContentException {
    String target = link.target();
    long depth = link.path().chars().filter(c -> c == '/').count();
    boolean inside = !target.isEmpty() && target.length() <= LONGEST_PATH && isText(target);
    boolean named = false;
    for (String name : target.split("/", -1)) {
      if (name.equals("..")) {
        depth--;
        inside &= !named && depth >= 0;
      } else {
        named |= !name.equals(".");
      }
      inside &= !name.isEmpty();
    }
    if (!inside) {
      throw new ContentException(
          "%s: a link to \"%s\" may leave the directory: expected a relative target with .. at its "
                  .formatted(link.path(), target)
              + "start only");
    }
  }

  static ContentException noChunk(String path, Chunk chunk) {
    return new ContentException(
        "%s: \"%s\" with %d bytes is not a chunk".formatted(path, chunk.sha256(), chunk.size()));
  }

  private static void file(FileEntry file) throws ContentException {
    if (file.mode() < 0 || file.mode() > 0777) {
      throw new ContentException(
          "%s: mode %o has more than permission bits".formatted(file.path(), file.mode()));
    }
    long sum = 0;
    for (Chunk chunk : file.chunks()) {
      if (!Sha256.isHex(chunk.sha256())
          || chunk.size() <= 0
          || chunk.size() > ContentIndex.LARGEST_CHUNK) {
        throw noChunk(file.path(), chunk);
      }
      sum += chunk.size();
    }
    if (sum != file.size()) {
      throw new ContentException(
          "%s: its chunks have %d bytes, the file %d".formatted(file.path(), sum, file.size()));
    }
  }
}

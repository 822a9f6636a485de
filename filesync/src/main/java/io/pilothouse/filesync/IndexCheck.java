package io.pilothouse.filesync;

import io.pilothouse.filesync.ContentIndex.Chunk;
import io.pilothouse.filesync.ContentIndex.Entry;
import io.pilothouse.filesync.ContentIndex.FileEntry;
import io.pilothouse.filesync.ContentIndex.LinkEntry;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Refuses indexes that could write outside their directory, or that two machines would unpack
 * differently: absolute paths, {@code ..}, links that leave, names that differ only in case, sizes
 * that do not add up.
 */
final class IndexCheck {
  private static final int LONGEST_PATH = 1024;

  private IndexCheck() {}

  static void check(ContentIndex index) throws ContentException {
    Set<String> seen = new HashSet<>();
    Set<String> links = new HashSet<>();
    for (Entry entry : index.entries()) {
      path(entry.path());
      if (!seen.add(entry.path().toLowerCase(Locale.ROOT))) {
        throw new ContentException(
            entry.path() + ": there twice, or with another case: not portable");
      }
      switch (entry) {
        case FileEntry file -> file(file);
        case LinkEntry link -> {
          link(link);
          links.add(link.path());
        }
      }
    }
    for (Entry entry : index.entries()) {
      for (int slash = entry.path().indexOf('/'); slash > 0; ) {
        String parent = entry.path().substring(0, slash);
        if (links.contains(parent) || seenAsFile(index, parent)) {
          throw new ContentException(entry.path() + ": lies below " + parent + ", not a directory");
        }
        slash = entry.path().indexOf('/', slash + 1);
      }
    }
  }

  private static boolean seenAsFile(ContentIndex index, String path) {
    return index.entries().stream().anyMatch(each -> each.path().equals(path));
  }

  private static void path(String path) throws ContentException {
    boolean plain =
        !path.isEmpty()
            && path.length() <= LONGEST_PATH
            && !path.startsWith("/")
            && !path.endsWith("/")
            && path.chars().allMatch(c -> c >= ' ' && c != 127 && c != '\\');
    if (!plain || List.of(path.split("/", -1)).stream().anyMatch(IndexCheck::isDots)) {
      throw new ContentException(
          "\"" + path + "\" is not a path inside the directory: no absolute paths, no \"..\"");
    }
  }

  private static boolean isDots(String name) {
    return name.isEmpty() || name.equals(".") || name.equals("..");
  }

  private static void link(LinkEntry link) throws ContentException {
    String target = link.target();
    Path parent = Path.of("/root").resolve(link.path()).getParent();
    boolean inside =
        !target.isEmpty()
            && !target.startsWith("/")
            && target.indexOf('\0') < 0
            && parent != null
            && parent.resolve(target).normalize().startsWith("/root");
    if (!inside) {
      throw new ContentException(
          link.path() + ": the link to \"" + target + "\" leaves the directory");
    }
  }

  private static void file(FileEntry file) throws ContentException {
    if (file.mode() < 0 || file.mode() > 0777) {
      throw new ContentException(
          "%s: mode %o has more than permission bits".formatted(file.path(), file.mode()));
    }
    long sum = 0;
    for (Chunk chunk : file.chunks()) {
      if (!Sha256.isHex(chunk.sha256()) || chunk.size() <= 0 || chunk.size() > ContentIndex.CHUNK) {
        throw new ContentException(
            "%s: \"%s\" with %d bytes is not a chunk"
                .formatted(file.path(), chunk.sha256(), chunk.size()));
      }
      sum += chunk.size();
    }
    if (sum != file.size()) {
      throw new ContentException(
          "%s: its chunks have %d bytes, the file %d".formatted(file.path(), sum, file.size()));
    }
  }
}

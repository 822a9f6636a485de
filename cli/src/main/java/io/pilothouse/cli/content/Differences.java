package io.pilothouse.cli.content;

import io.pilothouse.filesync.ContentIndex;
import io.pilothouse.filesync.ContentIndex.Entry;
import io.pilothouse.filesync.ContentIndex.FileEntry;
import io.pilothouse.filesync.ContentIndex.LinkEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Which files of two contents differ, by path. */
public final class Differences {

  /**
   * One path.
   *
   * @param before empty when it was added
   * @param after empty when it was removed
   */
  public record Difference(String path, Optional<Entry> before, Optional<Entry> after) {

    /** {@code +} added, {@code -} removed, {@code ~} changed. */
    public String sign() {
      return before.isEmpty() ? "+" : after.isEmpty() ? "-" : "~";
    }

    /** Bytes before, 0 for what is no file. */
    public long sizeBefore() {
      return before.map(Differences::size).orElse(0L);
    }

    /** Bytes after, 0 for what is no file. */
    public long sizeAfter() {
      return after.map(Differences::size).orElse(0L);
    }

    @Override
    public String toString() {
      return sign() + " " + path;
    }
  }

  private Differences() {}

  /** By path; empty when both are the same. */
  public static List<Difference> of(ContentIndex before, ContentIndex after) {
    Map<String, Entry> old = byPath(before);
    Map<String, Entry> fresh = byPath(after);
    Map<String, Entry> paths = new TreeMap<>(old);
    paths.putAll(fresh);
    List<Difference> differences = new ArrayList<>();
    for (String path : paths.keySet()) {
      Optional<Entry> was = Optional.ofNullable(old.get(path));
      Optional<Entry> is = Optional.ofNullable(fresh.get(path));
      if (!was.equals(is)) {
        differences.add(new Difference(path, was, is));
      }
    }
    return differences;
  }

  private static Map<String, Entry> byPath(ContentIndex index) {
    Map<String, Entry> entries = new TreeMap<>();
    index.entries().forEach(each -> entries.put(each.path(), each));
    return entries;
  }

  private static long size(Entry entry) {
    return switch (entry) {
      case FileEntry file -> file.size();
      case LinkEntry link -> 0;
    };
  }

  /** {@code 644}, or {@code link}. */
  public static String mode(Entry entry) {
    return switch (entry) {
      case FileEntry file -> Integer.toOctalString(file.mode());
      case LinkEntry link -> "link";
    };
  }
}

package io.pilothouse.filesync;

import io.pilothouse.filesync.ContentIndex.Entry;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Refuses names in one directory that differ in case alone: on a file system that takes them for
 * one, the machine's tree would lack a file. It is looked for where the content is made, for there
 * it can be mended.
 */
final class CaseClash {
  private final Map<String, String> byLowerCase = new HashMap<>();

  /** Looks at the next entry, and at the directories on the way to it. */
  void entry(Entry entry) throws ContentException {
    String path = entry.path();
    for (int slash = path.indexOf('/'); slash > 0; slash = path.indexOf('/', slash + 1)) {
      name(path.substring(0, slash));
    }
    name(path);
  }

  private void name(String path) throws ContentException {
    String other = byLowerCase.putIfAbsent(path.toLowerCase(Locale.ROOT), path);
    if (other != null && !other.equals(path)) {
      throw new ContentException(
          "\"%s\" and \"%s\" differ in case alone: rename one of them".formatted(other, path));
    }
  }
}

package io.pilothouse.filesync;

import io.pilothouse.filesync.ContentIndex.Entry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Refuses names in one directory that differ in case alone: on a file system that takes them for
 * one, the machine's tree would lack a file. It is looked for where the content is made, for there
 * it can be mended. Entries come in their order, so that only the directories on the way to the
 * last one are remembered.
 */
final class CaseClash {
  /** Names of the directory at each depth, by their lower case. */
  private final List<Map<String, String>> levels = new ArrayList<>();

  private String[] before = {};

  /** Looks at the next entry, and at the directories on the way to it. */
  void entry(Entry entry) throws ContentException {
    String[] names = entry.path().split("/", -1);
    int same = 0;
    while (same < Math.min(names.length, before.length) - 1 && names[same].equals(before[same])) {
      same++;
    }
    while (levels.size() > same + 1) {
      levels.removeLast();
    }
    for (int i = same; i < names.length; i++) {
      if (levels.size() == i) {
        levels.add(new HashMap<>());
      }
      String other = levels.get(i).putIfAbsent(names[i].toLowerCase(Locale.ROOT), names[i]);
      if (other != null && !other.equals(names[i])) {
        String above = String.join("/", List.of(names).subList(0, i)) + (i == 0 ? "" : "/");
        throw new ContentException(
            "\"%s%s\" and \"%s%s\" differ in case alone: rename one of them"
                .formatted(above, other, above, names[i]));
      }
    }
    before = names;
  }
}

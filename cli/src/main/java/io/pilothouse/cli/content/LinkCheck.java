package io.pilothouse.cli.content;

import io.pilothouse.filesync.ContentException;
import io.pilothouse.filesync.ContentIndex.LinkEntry;
import io.pilothouse.filesync.IndexFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Symbolic links that lead nowhere: going round in a circle is a mistake, nothing there likely. */
final class LinkCheck {
  private final Map<String, String> links = new TreeMap<>();

  private LinkCheck(IndexFile index) throws IOException {
    index.forEach(
        each -> {
          if (each instanceof LinkEntry link) {
            links.put(link.path(), target(link));
          }
        });
  }

  /**
   * Refuses circles.
   *
   * @return what can hardly be meant, a line each
   */
  static List<String> check(IndexFile index) throws IOException {
    LinkCheck check = new LinkCheck(index);
    Map<String, String> ends = new TreeMap<>();
    for (String link : check.links.keySet()) {
      String end = check.follow(link);
      if (!end.isEmpty() && !check.passesLink(end)) {
        ends.put(link, end);
      }
    }
    Set<String> nowhere = new HashSet<>(ends.values());
    if (!nowhere.isEmpty()) {
      index.forEach(each -> without(nowhere, each.path()));
    }
    return ends.entrySet().stream()
        .filter(each -> nowhere.contains(each.getValue()))
        .map(each -> each.getKey() + " leads to " + each.getValue())
        .map(each -> each + ", which is not among the files")
        .toList();
  }

  /** A path is there, and so are the directories on the way to it. */
  private static void without(Set<String> nowhere, String path) {
    nowhere.remove(path);
    for (int slash = path.indexOf('/'); slash > 0; slash = path.indexOf('/', slash + 1)) {
      nowhere.remove(path.substring(0, slash));
    }
  }

  private static String target(LinkEntry link) {
    Path parent = Path.of(link.path()).getParent();
    Path target = Path.of(link.target());
    return (parent == null ? target : parent.resolve(target)).normalize().toString();
  }

  /** Where a chain of links ends. */
  private String follow(String link) throws ContentException {
    Set<String> way = new LinkedHashSet<>();
    String at = link;
    for (@Nullable String next = at; next != null; next = links.get(at)) {
      at = next;
      if (!way.add(at)) {
        throw new ContentException(
            "the links %s lead round in a circle; remove one".formatted(String.join(" -> ", way)));
      }
    }
    return at;
  }

  /** Below a link to a directory a path is not among the entries and may be there. */
  private boolean passesLink(String path) {
    for (Path up = Path.of(path).getParent(); up != null; up = up.getParent()) {
      if (links.containsKey(up.toString())) {
        return true;
      }
    }
    return false;
  }
}

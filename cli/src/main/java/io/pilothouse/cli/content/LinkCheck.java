package io.pilothouse.cli.content;

import io.pilothouse.filesync.ContentException;
import io.pilothouse.filesync.ContentIndex;
import io.pilothouse.filesync.ContentIndex.LinkEntry;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Symbolic links that lead nowhere: going round in a circle is a mistake, nothing there likely. */
final class LinkCheck {
  private final Set<String> there = new TreeSet<>();
  private final Map<String, String> links = new TreeMap<>();

  private LinkCheck(ContentIndex index) {
    index
        .entries()
        .forEach(
            each -> {
              there.add(each.path());
              for (Path up = Path.of(each.path()).getParent(); up != null; up = up.getParent()) {
                there.add(up.toString());
              }
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
  static List<String> check(ContentIndex index) throws ContentException {
    LinkCheck check = new LinkCheck(index);
    List<String> warnings = new ArrayList<>();
    for (String link : check.links.keySet()) {
      String end = check.follow(link);
      if (!end.isEmpty() && !check.there.contains(end) && !check.passesLink(end)) {
        warnings.add("%s leads to %s, which is not among the files".formatted(link, end));
      }
    }
    return warnings;
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

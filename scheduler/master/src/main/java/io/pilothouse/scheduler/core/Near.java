package io.pilothouse.scheduler.core;

import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Finds the name that somebody probably meant. */
final class Near {
  private static final int FARTHEST = 3;

  /** So many are looked at: this is a courtesy, and everybody waits meanwhile. */
  private static final int MOST = 10_000;

  private static final int LONGEST = 100;
  private static final int SHOWN = 5;

  private Near() {}

  /** {@code (did you mean 'm-0001'?)} with a leading space, or empty. */
  static String hint(String typed, Stream<String> names) {
    @Nullable String best = null;
    int least = FARTHEST + 1;
    Iterator<String> all = names.limit(MOST).iterator();
    while (all.hasNext() && typed.length() <= LONGEST) {
      String name = all.next();
      int distance =
          Math.abs(name.length() - typed.length()) < least ? distance(typed, name) : least;
      if (distance < least) {
        best = name;
        least = distance;
      }
    }
    return best == null ? "" : " (did you mean '" + best + "'?)";
  }

  /** The first few. */
  static String some(Collection<String> names) {
    List<String> first = names.stream().limit(SHOWN).toList();
    String more = names.size() > SHOWN ? " and " + (names.size() - SHOWN) + " more" : "";
    return String.join(", ", first) + more;
  }

  /** Levenshtein's. */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int substitute = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(substitute, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}

package io.pilothouse.dm.state;

import java.util.Collection;
import java.util.Optional;

/** Finds the name that somebody probably meant. */
public final class Near {
  private static final int FARTHEST = 3;

  private Near() {}

  /** {@code (did you mean "web-03"?)} with a leading space, or empty. */
  public static String hint(String typed, Collection<String> names) {
    return nearest(typed, names).map(each -> " (did you mean \"" + each + "\"?)").orElse("");
  }

  /** The closest name by edit distance; the first one of equals in the collection's order. */
  public static Optional<String> nearest(String typed, Collection<String> names) {
    String best = null;
    int bestDistance = FARTHEST + 1;
    for (String name : names) {
      if (StrictMath.abs(name.length() - typed.length()) < bestDistance) {
        int distance = distance(typed, name);
        if (distance < bestDistance) {
          best = name;
          bestDistance = distance;
        }
      }
    }
    return Optional.ofNullable(best);
  }

  /** Levenshtein distance. */
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
        row[j] = StrictMath.min(substitute, 1 + StrictMath.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}

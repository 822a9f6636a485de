package io.pilothouse.manifests.pattern;

import java.util.Optional;

/** Finds the name that somebody probably meant. */
public final class Near {
  private static final int FARTHEST = 3;

  /** So many are looked at: this is a courtesy, and others wait meanwhile. */
  private static final int MOST = 10_000;

  private static final int LONGEST = 300;

  private Near() {}

  /** {@code (did you mean "web-03"?)} with a space before it, or empty. */
  public static String hint(String typed, Iterable<String> names) {
    return nearest(typed, names).map(each -> " (did you mean \"" + each + "\"?)").orElse("");
  }

  /**
   * The closest name, at most three edits and half its length away; the first one of equals. Of a
   * long list only the first 10,000 are looked at.
   */
  public static Optional<String> nearest(String typed, Iterable<String> names) {
    int limit = Math.min(FARTHEST, Math.max(1, typed.length() / 2));
    String best = null;
    int least = limit + 1;
    int seen = 0;
    for (String name : names) {
      if (++seen > MOST || typed.length() > LONGEST) {
        break;
      }
      // lengths alone rule out most of a large inventory
      if (Math.abs(name.length() - typed.length()) < least) {
        int distance = distance(typed, name);
        if (distance < least) {
          best = name;
          least = distance;
        }
      }
    }
    return Optional.ofNullable(best);
  }

  /** Edits, a swap of two neighbours being one (optimal string alignment). */
  private static int distance(String a, String b) {
    int[] older = new int[b.length() + 1];
    int[] old = new int[b.length() + 1];
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      old[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        boolean same = a.charAt(i - 1) == b.charAt(j - 1);
        row[j] = Math.min(old[j - 1] + (same ? 0 : 1), 1 + Math.min(old[j], row[j - 1]));
        if (i > 1
            && j > 1
            && a.charAt(i - 1) == b.charAt(j - 2)
            && a.charAt(i - 2) == b.charAt(j - 1)) {
          row[j] = Math.min(row[j], older[j - 2] + 1);
        }
      }
      int[] spare = older;
      older = old;
      old = row;
      row = spare;
    }
    return old[b.length()];
  }
}

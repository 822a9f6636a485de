package io.pilothouse.manifests.policy;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Names that stand for all names: for each set of patterns that some name matches and the others
 * not, one such name. Found by running all patterns at once, as automata, over every short text.
 */
final class GlobNames {
  private static final int MOST_STATES = 5_000;
  private static final String FRESH = "xyzwvutsrqponmlkjihgfedcba0123456789~";

  /**
   * Names by what they match.
   *
   * @param isComplete whether every combination that exists is there
   */
  record Names(List<String> names, boolean isComplete) {}

  private final List<String> globs;
  private final SortedMap<String, String> byMatches = new TreeMap<>();

  private GlobNames(Set<String> globs) {
    this.globs = List.copyOf(globs);
  }

  /** {@code other} is the name to prefer for what matches nothing. */
  static Names of(Set<String> globs, String other) {
    GlobNames names = new GlobNames(new TreeSet<>(globs));
    names.add(other);
    // names that read well come before those that a search finds
    for (String each : names.globs) {
      names.add(each.replace("*", "any").replace('?', 'x'));
    }
    boolean complete = names.search();
    return new Names(List.copyOf(names.byMatches.values()), complete);
  }

  private void add(String name) {
    StringBuilder matches = new StringBuilder();
    globs.forEach(each -> matches.append(Glob.matches(each, name) ? '1' : '0'));
    byMatches.putIfAbsent(matches.toString(), name);
  }

  private record At(List<BitSet> positions, String text) {}

  private boolean search() {
    List<Character> alphabet = alphabet();
    Set<String> seen = new TreeSet<>();
    Deque<At> open = new ArrayDeque<>();
    List<BitSet> start = new ArrayList<>();
    for (String glob : globs) {
      start.add(closed(glob, one(0)));
    }
    seen.add(start.toString());
    open.add(new At(start, ""));
    while (!open.isEmpty()) {
      At at = open.remove();
      for (char letter : alphabet) {
        List<BitSet> next = new ArrayList<>();
        for (int i = 0; i < globs.size(); i++) {
          next.add(step(globs.get(i), at.positions().get(i), letter));
        }
        if (seen.add(next.toString())) {
          if (seen.size() > MOST_STATES) {
            return false;
          }
          add(at.text() + letter);
          open.add(new At(next, at.text() + letter));
        }
      }
    }
    return true;
  }

  private List<Character> alphabet() {
    Set<Character> letters = new TreeSet<>();
    for (String glob : globs) {
      for (int i = 0; i < glob.length(); i++) {
        char each = glob.charAt(i);
        if (each != '*' && each != '?') {
          letters.add(each);
        }
      }
    }
    List<Character> alphabet = new ArrayList<>();
    for (int i = 0; i < FRESH.length(); i++) {
      char each = FRESH.charAt(i);
      if (!letters.contains(each)) {
        alphabet.add(each);
        break;
      }
    }
    alphabet.addAll(letters);
    return alphabet;
  }

  private static BitSet one(int position) {
    BitSet set = new BitSet();
    set.set(position);
    return set;
  }

  private static BitSet step(String glob, BitSet from, char letter) {
    BitSet to = new BitSet();
    for (int p = from.nextSetBit(0); p >= 0; p = from.nextSetBit(p + 1)) {
      if (p < glob.length()) {
        char wanted = glob.charAt(p);
        if (wanted == '*') {
          to.set(p);
        } else if (wanted == '?' || wanted == letter) {
          to.set(p + 1);
        }
      }
    }
    return closed(glob, to);
  }

  /** A star may stand for nothing. */
  private static BitSet closed(String glob, BitSet positions) {
    for (int p = positions.nextSetBit(0); p >= 0; p = positions.nextSetBit(p + 1)) {
      if (p < glob.length() && glob.charAt(p) == '*') {
        positions.set(p + 1);
      }
    }
    return positions;
  }
}

package io.pilothouse.dm.simulate;

import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** Counts machines of each domain, and remembers the greatest share there was of each kind. */
final class Shares {
  private final SortedMap<String, Integer> sizes;
  private final Map<String, Integer> counts = new HashMap<>();
  private final SortedMap<String, Double> peaks = new TreeMap<>();

  Shares(SortedMap<String, Integer> sizes) {
    this.sizes = sizes;
  }

  void add(Place place, int more) {
    for (String domain : place.domains()) {
      int count = counts.merge(domain, more, Integer::sum);
      double share = (double) count / sizes.getOrDefault(domain, 1);
      peaks.merge(kind(domain), share, Math::max);
    }
  }

  int count(String domain) {
    return counts.getOrDefault(domain, 0);
  }

  /** Greatest share of any domain of each kind. */
  SortedMap<String, Double> peaks() {
    return peaks;
  }

  private static String kind(String domain) {
    int slash = domain.indexOf('/');
    return slash < 0 ? domain : domain.substring(0, slash);
  }
}

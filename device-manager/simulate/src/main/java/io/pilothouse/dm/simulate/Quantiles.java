package io.pilothouse.dm.simulate;

import java.util.List;

/**
 * Some times, in milliseconds.
 *
 * @param samples how many there were; the others are 0 when there was none
 */
record Quantiles(int samples, long median, long p99, long most) {

  static Quantiles of(List<Long> times) {
    if (times.isEmpty()) {
      return new Quantiles(0, 0, 0, 0);
    }
    List<Long> sorted = times.stream().sorted().toList();
    return new Quantiles(
        sorted.size(), at(sorted, 0.5), at(sorted, 0.99), sorted.get(sorted.size() - 1));
  }

  /** The smallest value that at least that share of all are not above. */
  private static long at(List<Long> sorted, double share) {
    int index = (int) Math.ceil(share * sorted.size()) - 1;
    return sorted.get(Math.max(0, index));
  }
}

package io.pilothouse.scheduler.allocator.sorter;

import io.pilothouse.scheduler.allocator.resources.Quantities;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What all machines have together, which shares are parts of. All sorters of an allocator share
 * one, so that a machine that comes costs each of them nothing until it is next asked.
 *
 * <p>Shares are computed against a <em>basis</em>. While the totals change in proportion (machines
 * of one model come and go) all shares change by one factor, their order stays, and so does the
 * basis; else the basis is taken anew and each sorter sorts once when it is next asked.
 */
public final class Totals {
  private final List<String> names = new ArrayList<>();
  private final Map<String, Integer> indexes = new LinkedHashMap<>();
  private final Set<String> excluded;
  private long[] current = new long[4];
  private long[] basis = new long[4];
  private boolean[] counts = new boolean[4];
  private boolean changed;
  private int version;

  /**
   * @param excluded names that shares are not about (say gpus), however many there are
   */
  public Totals(Set<String> excluded) {
    this.excluded = Set.copyOf(excluded);
  }

  public void add(Quantities more) {
    more.forEach(
        (name, milli) -> {
          int i = index(name);
          current[i] = Math.addExact(current[i], milli);
        });
    changed = true;
  }

  public void subtract(Quantities less) {
    less.forEach((name, milli) -> current[index(name)] -= milli);
    changed = true;
  }

  public long get(String name) {
    Integer index = indexes.get(name);
    return index == null ? 0 : current[index];
  }

  public SortedMap<String, Long> byName() {
    TreeMap<String, Long> result = new TreeMap<>();
    for (int i = 0; i < names.size(); i++) {
      result.put(names.get(i), current[i]);
    }
    return result;
  }

  /** The part of the total that dominates, of an amount for each index. */
  public double share(long[] amounts) {
    return dominant(amounts, current);
  }

  double shareOfBasis(long[] amounts) {
    return dominant(amounts, basis);
  }

  /**
   * Differs from what it was before if and only if shares of the basis may be ordered otherwise.
   */
  int version() {
    if (changed) {
      changed = false;
      if (!inProportion()) {
        basis = current.clone();
        version++;
      }
    }
    return version;
  }

  /** Where a name's amount is in an array; never another one, once given. */
  public int index(String name) {
    Integer known = indexes.get(name);
    if (known != null) {
      return known;
    }
    int index = names.size();
    names.add(name);
    indexes.put(name, index);
    if (index == current.length) {
      current = Arrays.copyOf(current, index * 2);
      basis = Arrays.copyOf(basis, index * 2);
      counts = Arrays.copyOf(counts, index * 2);
    }
    counts[index] = !excluded.contains(name);
    return index;
  }

  public int size() {
    return names.size();
  }

  private double dominant(long[] amounts, long[] totals) {
    double share = 0;
    int size = Math.min(amounts.length, names.size());
    for (int i = 0; i < size; i++) {
      if (amounts[i] > 0 && totals[i] > 0 && counts[i]) {
        share = Math.max(share, (double) amounts[i] / totals[i]);
      }
    }
    return share;
  }

  private boolean inProportion() {
    int first = -1;
    for (int i = 0; i < names.size(); i++) {
      if (!counts[i]) {
        continue;
      }
      if ((basis[i] == 0) != (current[i] == 0)) {
        return false;
      }
      if (basis[i] == 0) {
        continue;
      }
      if (first < 0) {
        first = i;
      } else if (!sameProduct(current[i], basis[first], current[first], basis[i])) {
        return false;
      }
    }
    return true;
  }

  /** Exactly: a*b == c*d in 128 bits. */
  private static boolean sameProduct(long a, long b, long c, long d) {
    return a * b == c * d && Math.multiplyHigh(a, b) == Math.multiplyHigh(c, d);
  }
}

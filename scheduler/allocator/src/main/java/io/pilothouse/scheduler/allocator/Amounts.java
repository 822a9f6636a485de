package io.pilothouse.scheduler.allocator;

import io.pilothouse.scheduler.allocator.resources.Quantities;
import io.pilothouse.scheduler.allocator.sorter.Totals;
import java.util.Arrays;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Thousandths by the totals' index, to be changed in place. */
final class Amounts {
  private final Totals totals;
  private long[] milli = new long[4];

  Amounts(Totals totals) {
    this.totals = totals;
  }

  static @Nullable Amounts orNull(Totals totals, Quantities quantities) {
    if (quantities.isEmpty()) {
      return null;
    }
    Amounts amounts = new Amounts(totals);
    amounts.add(quantities, 1);
    return amounts;
  }

  /** Amounts that are mostly not there: made when the first is not 0. */
  static @Nullable Amounts added(Totals totals, @Nullable Amounts amounts, int index, long change) {
    if (change == 0) {
      return amounts;
    }
    Amounts result = amounts == null ? new Amounts(totals) : amounts;
    result.add(index, change);
    return result;
  }

  long get(int index) {
    return index < milli.length ? milli[index] : 0;
  }

  void add(int index, long change) {
    if (index >= milli.length) {
      milli = Arrays.copyOf(milli, Math.max(index + 1, 2 * milli.length));
    }
    milli[index] += change;
  }

  void add(Quantities quantities, int sign) {
    quantities.forEach((name, amount) -> add(totals.index(name), sign * amount));
  }

  boolean isZero() {
    for (long amount : milli) {
      if (amount != 0) {
        return false;
      }
    }
    return true;
  }

  Quantities quantities() {
    TreeMap<String, Long> byName = new TreeMap<>();
    for (String name : totals.byName().keySet()) {
      byName.put(name, Math.max(0, get(totals.index(name))));
    }
    return Quantities.of(byName);
  }
}

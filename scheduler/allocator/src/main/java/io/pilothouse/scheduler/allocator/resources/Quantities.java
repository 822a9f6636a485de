package io.pilothouse.scheduler.allocator.resources;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.ObjLongConsumer;

/**
 * Thousandths of scalars by name, whoever they are kept for: what shares, quotas and minima are
 * about. A name that is not there has 0.
 */
public final class Quantities {
  public static final Quantities NONE = new Quantities(new String[0], new long[0]);

  private final String[] names;
  private final long[] milli;

  private Quantities(String[] names, long[] milli) {
    this.names = names;
    this.milli = milli;
  }

  public static Quantities of(SortedMap<String, Long> byName) {
    List<String> names = new ArrayList<>();
    List<Long> milli = new ArrayList<>();
    byName.forEach(
        (name, amount) -> {
          if (amount < 0) {
            throw new IllegalArgumentException(
                "%s m of %s: expected 0 or more".formatted(amount, name));
          }
          if (amount > 0) {
            names.add(name);
            milli.add(amount);
          }
        });
    return names.isEmpty()
        ? NONE
        : new Quantities(
            names.toArray(String[]::new), milli.stream().mapToLong(Long::longValue).toArray());
  }

  /** Of the resources' scalars; a shared one counts once, however many copies there are. */
  static Quantities of(Resources resources) {
    // entries of one name follow each other, in the names' order
    String[] names = new String[resources.size()];
    long[] milli = new long[resources.size()];
    int size = 0;
    for (Entry entry : resources) {
      if (entry.milli() == 0) {
        continue;
      }
      String name = entry.kind().name();
      if (size == 0 || !names[size - 1].equals(name)) {
        names[size++] = name;
      }
      milli[size - 1] = Math.addExact(milli[size - 1], entry.milli());
    }
    return size == 0
        ? NONE
        : new Quantities(Arrays.copyOf(names, size), Arrays.copyOf(milli, size));
  }

  /** As resources are written: {@code cpus:0.5;mem:128}. */
  public static Quantities parse(String text) {
    return Resources.parse(text).quantities();
  }

  public boolean isEmpty() {
    return names.length == 0;
  }

  public long get(String name) {
    for (int i = 0; i < names.length; i++) {
      if (names[i].equals(name)) {
        return milli[i];
      }
    }
    return 0;
  }

  public void forEach(ObjLongConsumer<String> action) {
    for (int i = 0; i < names.length; i++) {
      action.accept(names[i], milli[i]);
    }
  }

  /** Name for name at least as much. */
  public boolean contains(Quantities other) {
    for (int i = 0; i < other.names.length; i++) {
      if (get(other.names[i]) < other.milli[i]) {
        return false;
      }
    }
    return true;
  }

  public SortedMap<String, Long> byName() {
    TreeMap<String, Long> result = new TreeMap<>();
    forEach(result::put);
    return Collections.unmodifiableSortedMap(result);
  }

  /** Thousandths as people write them: 2500 is 2.5. */
  static String decimal(long milli) {
    if (milli % 1000 == 0) {
      return Long.toString(milli / 1000);
    }
    String fraction = Long.toString(1000 + milli % 1000).substring(1);
    int end = fraction.length();
    while (fraction.charAt(end - 1) == '0') {
      end--;
    }
    return milli / 1000 + "." + fraction.substring(0, end);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Quantities quantities
        && Arrays.equals(names, quantities.names)
        && Arrays.equals(milli, quantities.milli);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(names) + Arrays.hashCode(milli);
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    forEach(
        (name, amount) ->
            text.append(text.isEmpty() ? "" : "; ")
                .append(name)
                .append(':')
                .append(decimal(amount)));
    return text.toString();
  }
}

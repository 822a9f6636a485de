package io.pilothouse.scheduler.allocator.resources;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/** Whole numbers (ports), as disjoint ranges in rising order, none touching the next. */
public final class Ranges implements Value {
  private static final Ranges NONE = new Ranges(new long[0]);

  /** First and last (inclusive) of each range, one after the other. */
  private final long[] bounds;

  private Ranges(long[] bounds) {
    this.bounds = bounds;
  }

  /** Both ends belong to it. */
  public record Range(long first, long last) {
    public Range {
      if (first > last) {
        throw new IllegalArgumentException(
            "range %s-%s: expected the first not above the last".formatted(first, last));
      }
    }
  }

  /** In any order, overlapping or not. */
  public static Ranges of(List<Range> ranges) {
    List<Range> sorted = new ArrayList<>(ranges);
    sorted.sort(Comparator.comparingLong(Range::first));
    Growing result = new Growing(sorted.size());
    for (Range range : sorted) {
      result.append(range.first, range.last);
    }
    return result.done();
  }

  public static Ranges of(long first, long last) {
    return new Ranges(new long[] {first, new Range(first, last).last});
  }

  public List<Range> ranges() {
    List<Range> result = new ArrayList<>();
    for (int i = 0; i < bounds.length; i += 2) {
      result.add(new Range(bounds[i], bounds[i + 1]));
    }
    return result;
  }

  @Override
  public boolean isNothing() {
    return bounds.length == 0;
  }

  @Override
  public Value plus(Value value) {
    long[] other = bounds(value);
    Growing result = new Growing((bounds.length + other.length) / 2);
    int i = 0;
    int j = 0;
    while (i < bounds.length || j < other.length) {
      if (j == other.length || (i < bounds.length && bounds[i] <= other[j])) {
        result.append(bounds[i], bounds[i + 1]);
        i += 2;
      } else {
        result.append(other[j], other[j + 1]);
        j += 2;
      }
    }
    return result.done();
  }

  @Override
  public Value minus(Value value) {
    long[] other = bounds(value);
    Growing result = new Growing((bounds.length + other.length) / 2);
    int j = 0;
    for (int i = 0; i < bounds.length; i += 2) {
      long first = bounds[i];
      long last = bounds[i + 1];
      while (j < other.length && other[j + 1] < first) {
        j += 2;
      }
      int k = j;
      while (k < other.length && other[k] <= last && first <= last) {
        if (other[k] > first) {
          result.append(first, other[k] - 1);
        }
        first = other[k + 1] + 1;
        k += 2;
      }
      if (first <= last) {
        result.append(first, last);
      }
    }
    return result.done();
  }

  @Override
  public boolean contains(Value value) {
    long[] other = bounds(value);
    int i = 0;
    for (int j = 0; j < other.length; j += 2) {
      while (i < bounds.length && bounds[i + 1] < other[j]) {
        i += 2;
      }
      if (i == bounds.length || bounds[i] > other[j] || bounds[i + 1] < other[j + 1]) {
        return false;
      }
    }
    return true;
  }

  private static long[] bounds(Value value) {
    if (value instanceof Ranges ranges) {
      return ranges.bounds;
    }
    throw Value.mismatch("ranges", value);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Ranges ranges && Arrays.equals(bounds, ranges.bounds);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bounds);
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("[");
    for (int i = 0; i < bounds.length; i += 2) {
      text.append(i == 0 ? "" : ", ").append(bounds[i]).append('-').append(bounds[i + 1]);
    }
    return text.append(']').toString();
  }

  /** Ranges that come in rising order of their first, joined where they touch. */
  private static final class Growing {
    private long[] bounds;
    private int size;

    Growing(int ranges) {
      bounds = new long[Math.max(1, ranges) * 2];
    }

    void append(long first, long last) {
      // a range that ends at the largest number touches whatever comes after it
      if (size > 0 && first - 1 <= bounds[size - 1]) {
        bounds[size - 1] = Math.max(bounds[size - 1], last);
        return;
      }
      if (size == bounds.length) {
        bounds = Arrays.copyOf(bounds, size * 2);
      }
      bounds[size++] = first;
      bounds[size++] = last;
    }

    Ranges done() {
      return size == 0
          ? NONE
          : new Ranges(size == bounds.length ? bounds : Arrays.copyOf(bounds, size));
    }
  }
}

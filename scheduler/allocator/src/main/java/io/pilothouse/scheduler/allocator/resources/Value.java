package io.pilothouse.scheduler.allocator.resources;

import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/** How much of a resource. The three shapes of Mesos; those of one resource always agree. */
public sealed interface Value permits Value.Scalar, Value.Items, Ranges {
  boolean isNothing();

  Value plus(Value other);

  /** What is left when as much of the other as is here has been taken away. */
  Value minus(Value other);

  boolean contains(Value other);

  /** Thousandths of a unit: Mesos rounds scalars to three decimals, too, so that sums are exact. */
  record Scalar(long milli) implements Value {
    public Scalar {
      if (milli < 0) {
        throw new IllegalArgumentException("scalar %s m: expected 0 or more".formatted(milli));
      }
    }

    @Override
    public boolean isNothing() {
      return milli == 0;
    }

    @Override
    public Value plus(Value other) {
      return new Scalar(Math.addExact(milli, scalar(other)));
    }

    @Override
    public Value minus(Value other) {
      return new Scalar(Math.max(0, milli - scalar(other)));
    }

    @Override
    public boolean contains(Value other) {
      return milli >= scalar(other);
    }

    private static long scalar(Value value) {
      if (value instanceof Scalar scalar) {
        return scalar.milli;
      }
      throw mismatch("a scalar", value);
    }
  }

  /** A set of words. */
  record Items(SortedSet<String> words) implements Value {
    public Items {
      words = Collections.unmodifiableSortedSet(new TreeSet<>(words));
    }

    public static Items of(Collection<String> words) {
      return new Items(new TreeSet<>(words));
    }

    public static Items of(String... words) {
      return of(List.of(words));
    }

    @Override
    public boolean isNothing() {
      return words.isEmpty();
    }

    @Override
    public Value plus(Value other) {
      TreeSet<String> all = new TreeSet<>(words);
      all.addAll(items(other));
      return new Items(all);
    }

    @Override
    public Value minus(Value other) {
      TreeSet<String> rest = new TreeSet<>(words);
      rest.removeAll(items(other));
      return new Items(rest);
    }

    @Override
    public boolean contains(Value other) {
      return words.containsAll(items(other));
    }

    private static SortedSet<String> items(Value value) {
      if (value instanceof Items items) {
        return items.words;
      }
      throw mismatch("a set", value);
    }
  }

  static IllegalArgumentException mismatch(String expected, Value found) {
    return new IllegalArgumentException(
        "%s cannot be combined with %s: values of one resource have one type"
            .formatted(found, expected));
  }
}

package io.pilothouse.scheduler.allocator.resources;

import org.jspecify.annotations.Nullable;

/**
 * One line of a collection.
 *
 * @param copies how often a shared resource was given out; 1 of everything else
 */
public record Entry(Kind kind, Value value, int copies) {
  public Entry(Kind kind, Value value) {
    this(kind, value, 1);
  }

  /** Its thousandths, or 0 of what has no number. */
  public long milli() {
    return value instanceof Value.Scalar scalar ? scalar.milli() : 0;
  }

  public boolean isScalar() {
    return value instanceof Value.Scalar;
  }

  Entry plus(Entry other) {
    if (kind.isShared()) {
      return new Entry(kind, value, Math.addExact(copies, other.copies));
    }
    return new Entry(kind, value.plus(other.value), 1);
  }

  /** Null when nothing is left. What cannot be divided is taken as a whole, or not at all. */
  @Nullable Entry minus(Entry other) {
    if (kind.isShared()) {
      int left = copies - other.copies;
      return left <= 0 ? null : new Entry(kind, value, left);
    }
    if (kind.isWhole()) {
      return value.equals(other.value) ? null : this;
    }
    Value left = value.minus(other.value);
    return left.isNothing() ? null : new Entry(kind, left, 1);
  }

  boolean contains(Entry other) {
    if (!value.getClass().equals(other.value.getClass())) {
      return false; // a name is a number here and ranges there: it is not what is asked for
    }
    if (kind.isShared()) {
      return copies >= other.copies && value.equals(other.value);
    }
    return kind.isWhole() ? value.equals(other.value) : value.contains(other.value);
  }

  @Override
  public String toString() {
    String amount =
        value instanceof Value.Scalar scalar
            ? Quantities.decimal(scalar.milli())
            : value.toString();
    return kind + ":" + amount + (copies > 1 ? "x" + copies : "");
  }
}

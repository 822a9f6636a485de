package io.pilothouse.manifests.text;

import java.util.Comparator;

/** One mistake in a file: the offending value, what was expected, and where it stands. */
public record Problem(Place place, String message) implements Comparable<Problem> {
  private static final Comparator<Problem> ORDER =
      Comparator.comparing(Problem::place).thenComparing(Problem::message);

  @Override
  public int compareTo(Problem other) {
    return ORDER.compare(this, other);
  }

  /** {@code file:line:column: message}. */
  @Override
  public String toString() {
    return place + ": " + message;
  }
}

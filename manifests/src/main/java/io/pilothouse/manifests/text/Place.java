package io.pilothouse.manifests.text;

import java.util.Comparator;

/**
 * Where something stands.
 *
 * @param file relative to what was loaded
 * @param line from 1
 * @param column from 1, in characters
 */
public record Place(String file, int line, int column) implements Comparable<Place> {
  private static final Comparator<Place> ORDER =
      Comparator.comparing(Place::file)
          .thenComparingInt(Place::line)
          .thenComparingInt(Place::column);

  /** The start of a file. */
  public static Place top(String file) {
    return new Place(file, 1, 1);
  }

  @Override
  public int compareTo(Place other) {
    return ORDER.compare(this, other);
  }

  /** {@code file:line:column}, which editors and terminals make a link of. */
  @Override
  public String toString() {
    return file + ":" + line + ":" + column;
  }
}

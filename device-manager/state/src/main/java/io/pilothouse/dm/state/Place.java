package io.pilothouse.dm.state;

/** A place in a row: by a number, then by name. */
record Place(long number, String name) implements Comparable<Place> {
  @Override
  public int compareTo(Place other) {
    int byNumber = Long.compare(number, other.number);
    return byNumber != 0 ? byNumber : name.compareTo(other.name);
  }
}

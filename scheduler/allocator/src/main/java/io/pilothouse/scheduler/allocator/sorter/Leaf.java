package io.pilothouse.scheduler.allocator.sorter;

/** A client's place, by which a sorter finds it at no cost. Belongs to the sorter that made it. */
public abstract sealed class Leaf<T> permits Node {
  Leaf() {}

  public abstract String path();
}

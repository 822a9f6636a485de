package io.pilothouse.scheduler.allocator.sorter;

/**
 * Those with one parent that can be served. What orders a node must not change while it is in here:
 * remove, change, add.
 */
sealed interface Siblings<T> permits ByShare, ByLot {
  void add(Node<T> node);

  void remove(Node<T> node);
}

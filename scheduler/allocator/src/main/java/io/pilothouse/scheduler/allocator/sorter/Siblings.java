package io.pilothouse.scheduler.allocator.sorter;

import org.jspecify.annotations.Nullable;

/**
 * Those with one parent that can be served. What orders a node must not change while it is in here:
 * remove, change, add.
 */
interface Siblings<T> {
  void add(Node<T> node);

  void remove(Node<T> node);

  void clear();

  /** Whether their order follows shares, and is another when all shares change. */
  boolean followsShares();

  /** Begins to name them; each once, see {@link Sorter#start}. */
  void start(long pass);

  @Nullable Node<T> next();
}

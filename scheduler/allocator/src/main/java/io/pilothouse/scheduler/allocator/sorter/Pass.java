package io.pilothouse.scheduler.allocator.sorter;

import org.jspecify.annotations.Nullable;

/** Names the clients of a tree one after the other: see {@link Sorter#start}. */
sealed interface Pass<T> permits InOrder, Drawing {
  Siblings<T> siblings();

  /** Whether it depends on shares, so that it is another one when all shares change. */
  boolean followsShares();

  void start(Node<T> root);

  @Nullable T next();
}

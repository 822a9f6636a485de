package io.pilothouse.scheduler.allocator.sorter;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/** Siblings by share, each place followed by all below it. */
final class InOrder<T> implements Pass<T> {
  /** From the root's siblings down to where the pass is. */
  private final Deque<ByShare<T>> open = new ArrayDeque<>();

  private long number;

  @Override
  public Siblings<T> siblings() {
    return new ByShare<>();
  }

  @Override
  public boolean followsShares() {
    return true;
  }

  @Override
  public void start(Node<T> root) {
    number++;
    open.clear();
    open(root);
  }

  private void open(Node<T> place) {
    if (place.order instanceof ByShare<T> order) {
      order.start(number);
      open.push(order);
    }
  }

  @Override
  public @Nullable T next() {
    while (!open.isEmpty()) {
      Node<T> node = open.element().next();
      if (node == null) {
        open.pop();
      } else if (node.isClient()) {
        return node.client;
      } else {
        open(node);
      }
    }
    return null;
  }
}

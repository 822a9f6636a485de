package io.pilothouse.scheduler.allocator.sorter;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A lottery among all clients, without putting back. A client's chance is the product, down to it,
 * of each place's part of its siblings' weight; so a place keeps of its chances what those below it
 * that were not drawn have left. Only as many are drawn as are asked for, each in O(depth × log
 * siblings).
 */
final class Drawing<T> implements Pass<T> {
  private final Lots lots;
  private final List<Node<T>> lessened = new ArrayList<>();
  private @Nullable Node<T> root;

  Drawing(Lots lots) {
    this.lots = lots;
  }

  @Override
  public Siblings<T> siblings() {
    return new ByLot<>();
  }

  @Override
  public boolean followsShares() {
    return false;
  }

  @Override
  public void start(Node<T> root) {
    this.root = root;
    for (Node<T> node : lessened) {
      // those that have left since come back with all their chances, if they do
      if (node.slot >= 0 && node.parent != null) {
        order(node.parent).leave(node, 1);
      }
    }
    lessened.clear();
  }

  @Override
  public @Nullable T next() {
    Node<T> node = root;
    while (node != null && !node.isClient()) {
      node = order(node).draw(lots);
    }
    if (node == null) {
      return null;
    }
    T drawn = node.client;
    double left = 0;
    for (Node<T> place = node.parent; place != null; place = place.parent) {
      order(place).leave(node, left);
      lessened.add(node);
      left = order(place).left();
      node = place;
    }
    return drawn;
  }

  private static <T> ByLot<T> order(Node<T> place) {
    if (place.order instanceof ByLot<T> order) {
      return order;
    }
    throw new IllegalStateException("siblings of another sorter");
  }
}

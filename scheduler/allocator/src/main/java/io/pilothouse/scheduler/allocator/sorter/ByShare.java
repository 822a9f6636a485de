package io.pilothouse.scheduler.allocator.sorter;

import java.util.Iterator;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** In the order of {@link Node#ORDER}. */
final class ByShare<T> implements Siblings<T> {
  private final TreeSet<Node<T>> nodes = new TreeSet<>(Node.ORDER);

  /** Where the pass is: the place that the node named last had when it was named. */
  private final Node<T> last = new Node<>("", "", null, null);

  private @Nullable Iterator<Node<T>> iterator;
  private long pass;
  private boolean moved;

  @Override
  public void add(Node<T> node) {
    nodes.add(node);
    moved = true;
  }

  @Override
  public void remove(Node<T> node) {
    nodes.remove(node);
    moved = true;
  }

  /** All of them anew, after all their shares have changed. */
  void become(List<Node<T>> changed) {
    nodes.clear();
    nodes.addAll(changed);
    moved = true;
  }

  /** Begins to name them, each once. */
  void start(long pass) {
    this.pass = pass;
    moved = false;
    iterator = nodes.iterator();
  }

  @Nullable Node<T> next() {
    if (moved || iterator == null) {
      // those that were not named have not moved among themselves: go on behind the last one
      iterator = nodes.tailSet(last, false).iterator();
      moved = false;
    }
    while (iterator.hasNext()) {
      Node<T> node = iterator.next();
      if (node.seen != pass) {
        node.seen = pass;
        last.priority = node.priority;
        last.share = node.share;
        last.count = node.count;
        last.name = node.name;
        return node;
      }
    }
    return null;
  }
}

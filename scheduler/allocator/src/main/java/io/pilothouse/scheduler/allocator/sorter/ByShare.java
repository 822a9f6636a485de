package io.pilothouse.scheduler.allocator.sorter;

import java.util.AbstractSet;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.SortedSet;
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

  /** All of them anew, after all their shares have changed: sorted at once, and not one by one. */
  void become(List<Node<T>> changed) {
    changed.sort(Node.ORDER);
    nodes.clear();
    nodes.addAll(new Sorted<>(changed));
    moved = true;
  }

  /** What a tree takes over as it is, in time that is linear. Nothing else is asked of it. */
  @SuppressWarnings("JdkObsolete") // it is this type that TreeSet.addAll looks for
  private static final class Sorted<T> extends AbstractSet<Node<T>> implements SortedSet<Node<T>> {
    private final List<Node<T>> nodes;

    Sorted(List<Node<T>> nodes) {
      this.nodes = nodes;
    }

    @Override
    public Comparator<? super Node<T>> comparator() {
      return Node.ORDER;
    }

    @Override
    public Iterator<Node<T>> iterator() {
      return nodes.iterator();
    }

    @Override
    public int size() {
      return nodes.size();
    }

    @Override
    public SortedSet<Node<T>> subSet(Node<T> from, Node<T> to) {
      throw new UnsupportedOperationException();
    }

    @Override
    public SortedSet<Node<T>> headSet(Node<T> to) {
      throw new UnsupportedOperationException();
    }

    @Override
    public SortedSet<Node<T>> tailSet(Node<T> from) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Node<T> first() {
      return nodes.getFirst();
    }

    @Override
    public Node<T> last() {
      return nodes.getLast();
    }
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

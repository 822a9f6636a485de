package io.pilothouse.scheduler.allocator.sorter;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Drawn without being put back, the higher priorities first. A draw costs O(log n), and only as
 * many are drawn as are asked for.
 */
final class ByLot<T> implements Siblings<T> {
  private final Lots lots;
  private final TreeMap<Integer, Urn<T>> urns = new TreeMap<>(Comparator.reverseOrder());

  /** Where the pass is. */
  private @Nullable Integer priority;

  ByLot(Lots lots) {
    this.lots = lots;
  }

  @Override
  public void add(Node<T> node) {
    urns.computeIfAbsent(node.priority, unused -> new Urn<>()).add(node);
  }

  @Override
  public void remove(Node<T> node) {
    Urn<T> urn = urns.get(node.priority);
    if (urn != null && urn.remove(node)) {
      urns.remove(node.priority);
    }
  }

  @Override
  public void clear() {
    throw new UnsupportedOperationException("lots are not ordered");
  }

  @Override
  public boolean followsShares() {
    return false;
  }

  @Override
  public void start(long pass) {
    urns.values().forEach(Urn::putBack);
    priority = urns.isEmpty() ? null : urns.firstKey();
  }

  @Override
  public @Nullable Node<T> next() {
    while (priority != null) {
      Urn<T> urn = urns.get(priority);
      Node<T> drawn = urn == null ? null : urn.draw(lots);
      if (drawn != null) {
        return drawn;
      }
      Map.Entry<Integer, Urn<T>> lower = urns.higherEntry(priority);
      priority = lower == null ? null : lower.getKey();
    }
    return null;
  }

  /** Weights in slots, with sums as in a Fenwick tree: whole numbers, so that sums are exact. */
  private static final class Urn<T> {
    private static final double UNITS = 1_000_000;

    private final List<@Nullable Node<T>> slots = new ArrayList<>();
    private final List<Integer> free = new ArrayList<>();
    private final List<Node<T>> out = new ArrayList<>();
    private long[] sums = new long[8];
    private int size;

    void add(Node<T> node) {
      if (free.isEmpty()) {
        free.add(slots.size());
        slots.add(null);
        if (slots.size() >= sums.length) {
          grow();
        }
      }
      node.slot = free.removeLast();
      slots.set(node.slot, node);
      change(node.slot, weight(node));
      size++;
    }

    /** True if that was the last. */
    boolean remove(Node<T> node) {
      if (node.drawn) {
        out.remove(node);
        node.drawn = false;
      } else {
        change(node.slot, -weight(node));
      }
      slots.set(node.slot, null);
      free.add(node.slot);
      node.slot = -1;
      size--;
      return size == 0;
    }

    void putBack() {
      for (Node<T> node : out) {
        change(node.slot, weight(node));
        node.drawn = false;
      }
      out.clear();
    }

    @Nullable Node<T> draw(Lots lots) {
      if (out.size() == size) {
        return null;
      }
      long lot = lots.below(sum());
      int position = 0;
      for (int step = Integer.highestOneBit(sums.length - 1); step > 0; step >>= 1) {
        int candidate = position + step;
        if (candidate < sums.length && sums[candidate] <= lot) {
          position = candidate;
          lot -= sums[candidate];
        }
      }
      Node<T> drawn = slots.get(position);
      if (drawn == null) {
        throw new IllegalStateException(
            "slot %s has a weight and nobody in it".formatted(position));
      }
      change(drawn.slot, -weight(drawn));
      drawn.drawn = true;
      out.add(drawn);
      return drawn;
    }

    private static long weight(Node<?> node) {
      return Math.max(1, Math.round(node.weight * UNITS));
    }

    private long sum() {
      long sum = 0;
      for (int i = sums.length - 1; i > 0; i -= i & -i) {
        sum += sums[i];
      }
      return sum;
    }

    private void change(int slot, long difference) {
      for (int i = slot + 1; i < sums.length; i += i & -i) {
        sums[i] += difference;
      }
    }

    private void grow() {
      sums = new long[sums.length * 2];
      for (int slot = 0; slot < slots.size(); slot++) {
        Node<T> node = slots.get(slot);
        if (node != null && !node.drawn) {
          change(slot, weight(node));
        }
      }
    }
  }
}

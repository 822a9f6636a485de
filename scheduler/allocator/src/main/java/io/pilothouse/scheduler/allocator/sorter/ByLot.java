package io.pilothouse.scheduler.allocator.sorter;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Chances by weight, those of a higher priority first. */
final class ByLot<T> implements Siblings<T> {
  /** Of a weight of 1: chances are whole numbers, so that their sums are exact. */
  private static final double UNITS = 100_000_000;

  /** Larger weights are as good as this one, so that sums stay below 2^63. */
  private static final double HEAVIEST = 1_000_000;

  private final TreeMap<Integer, Urn<T>> urns = new TreeMap<>(Comparator.reverseOrder());
  private long all;
  private long left;

  @Override
  public void add(Node<T> node) {
    node.chances = weight(node);
    all += node.chances;
    left += node.chances;
    urns.computeIfAbsent(node.priority, unused -> new Urn<>()).add(node);
  }

  @Override
  public void remove(Node<T> node) {
    all -= weight(node);
    left -= node.chances;
    Urn<T> urn = urns.get(node.priority);
    if (urn != null && urn.remove(node)) {
      urns.remove(node.priority);
    }
  }

  private static long weight(Node<?> node) {
    return Math.max(1, Math.round(Math.min(HEAVIEST, node.weight) * UNITS));
  }

  /** Null when none has chances left. */
  @Nullable Node<T> draw(Lots lots) {
    for (Urn<T> urn : urns.values()) {
      if (urn.sum > 0) {
        return urn.draw(lots);
      }
    }
    return null;
  }

  /** Leaves a node this part of its chances; some, unless it is none. */
  void leave(Node<T> node, double part) {
    long chances = part <= 0 ? 0 : Math.max(1, Math.round(weight(node) * part));
    Urn<T> urn = urns.get(node.priority);
    if (urn != null) {
      urn.change(node.slot, chances - node.chances);
    }
    left += chances - node.chances;
    node.chances = chances;
  }

  /** The part of all their chances that is left. */
  double left() {
    return left == 0 ? 0 : (double) left / all;
  }

  /** Chances in slots, with sums as in a Fenwick tree. */
  private static final class Urn<T> {
    private final List<@Nullable Node<T>> slots = new ArrayList<>();
    private final List<Integer> free = new ArrayList<>();
    private long[] sums = new long[8];
    private long sum;

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
      change(node.slot, node.chances);
    }

    /** True if that was the last. */
    boolean remove(Node<T> node) {
      change(node.slot, -node.chances);
      slots.set(node.slot, null);
      free.add(node.slot);
      node.slot = -1;
      return free.size() == slots.size();
    }

    Node<T> draw(Lots lots) {
      long lot = lots.below(sum);
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
        throw new IllegalStateException("slot %s has chances, and nobody".formatted(position));
      }
      return drawn;
    }

    void change(int slot, long difference) {
      sum += difference;
      for (int i = slot + 1; i < sums.length; i += i & -i) {
        sums[i] += difference;
      }
    }

    private void grow() {
      sums = new long[sums.length * 2];
      sum = 0;
      for (Node<T> node : slots) {
        if (node != null) {
          change(node.slot, node.chances);
        }
      }
    }
  }
}

package io.pilothouse.scheduler.allocator.sorter;

import io.pilothouse.scheduler.allocator.resources.Resources;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A tree of clients in the order in which they are to be served. Paths are separated by {@code /}.
 * What is allocated to a client is charged to all above it; a place in the tree is found among its
 * siblings only, so that a role never gets more for having many sub-roles.
 *
 * <p>A client that has others below it competes with them as one of them, with weight 1.
 *
 * @param <T> what a client stands for
 */
public interface Sorter<T> {
  /** A new client, not active yet. */
  Leaf<T> add(String path, T client);

  /** With all that is allocated to it. */
  void remove(Leaf<T> leaf);

  /** Inactive clients keep what they have, and are not in the order. */
  void activate(Leaf<T> leaf);

  void deactivate(Leaf<T> leaf);

  /**
   * Charges resources; one more allocation of this client, which counts against it among equals. A
   * shared resource that the client has on this agent already is not charged again.
   */
  void allocated(Leaf<T> leaf, String agent, Resources resources);

  void unallocated(Leaf<T> leaf, String agent, Resources resources);

  /** Exchanges what is allocated (for a reservation, a volume) without counting an allocation. */
  void exchanged(Leaf<T> leaf, String agent, Resources from, Resources to);

  /** Of a path and all below it; a path that is not there keeps it until it is. */
  void weigh(String path, double weight);

  /** Siblings of a higher priority come first, whatever their shares. 0 unless set. */
  void prioritize(String path, int priority);

  /**
   * Starts a pass: {@link #next} then names each active client once, in the order of this moment.
   * What is allocated meanwhile moves only those it was allocated to, for later passes.
   */
  void start();

  /** Null when all were named. */
  @Nullable T next();

  /** One pass as a list. */
  List<T> order();

  /** Dominant share of the totals as they are now, not weighted. */
  double share(Leaf<T> leaf);

  /** Active or not. */
  int size();

  /** By dominant share over weight, then by number of allocations ever made, then by path. */
  static <T> Sorter<T> byShare(Totals totals) {
    return new Tree<>(totals, new InOrder<>());
  }

  /** Each time anew by lot, with chances in proportion to the weights. */
  static <T> Sorter<T> byLot(Totals totals, long seed) {
    return new Tree<>(totals, new Drawing<>(new Lots(seed)));
  }
}

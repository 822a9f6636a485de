package io.pilothouse.scheduler.allocator.sorter;

import io.pilothouse.scheduler.allocator.resources.Entry;
import io.pilothouse.scheduler.allocator.resources.Kind;
import io.pilothouse.scheduler.allocator.resources.Quantities;
import io.pilothouse.scheduler.allocator.resources.Resources;
import java.util.Arrays;
import java.util.Comparator;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A client, or a place that has others below it. */
final class Node<T> extends Leaf<T> {
  /** The name of a client that is also a parent, among its children. */
  static final String SELF = ".";

  static final Comparator<Node<?>> ORDER =
      (a, b) -> {
        if (a.priority != b.priority) {
          return Integer.compare(b.priority, a.priority);
        }
        if (a.share != b.share) {
          return Double.compare(a.share, b.share);
        }
        return a.count != b.count ? Long.compare(a.count, b.count) : a.name.compareTo(b.name);
      };

  String name;
  String path;
  @Nullable Node<T> parent;

  /** Null of a place that has others below it. */
  final @Nullable T client;

  final TreeMap<String, Node<T>> byName = new TreeMap<>();

  /** Those below it that can be served, in order; null of a client. */
  final @Nullable Siblings<T> order;

  /** Active clients here and below; with none a place is not among its siblings' order. */
  int servable;

  double weight = 1;
  int priority;
  double share;
  long count;
  long[] amounts = new long[4];

  /** The pass that named it last. */
  long seen;

  /** Where {@link ByLot} has it. */
  int slot = -1;

  /** That it has left there, in this pass. */
  long chances;

  private @Nullable TreeMap<Charge, Copies> shared;

  Node(String name, String path, @Nullable T client, @Nullable Siblings<T> order) {
    this.name = name;
    this.path = path;
    this.client = client;
    this.order = order;
  }

  /** A shared resource on an agent, charged once for all its copies. */
  private record Charge(String agent, Kind kind) implements Comparable<Charge> {
    @Override
    public int compareTo(Charge other) {
      int order = agent.compareTo(other.agent);
      return order != 0 ? order : kind.compareTo(other.kind);
    }
  }

  private record Copies(int count, long milli) {}

  private static final Copies NO_COPIES = new Copies(0, 0);

  @Override
  public String path() {
    return path;
  }

  boolean isClient() {
    return client != null;
  }

  void charge(Totals totals, String agent, Resources resources, int sign) {
    charge(totals, resources.notShared().quantities(), sign);
    if (resources.hasShared()) {
      for (Entry entry : resources.shared()) {
        share(totals, new Charge(agent, entry.kind()), entry, sign);
      }
    }
  }

  private void charge(Totals totals, Quantities quantities, int sign) {
    quantities.forEach((name, milli) -> charge(totals.index(name), sign * milli));
  }

  private void charge(int index, long milli) {
    if (index >= amounts.length) {
      amounts = Arrays.copyOf(amounts, Math.max(index + 1, amounts.length * 2));
    }
    amounts[index] += milli;
  }

  private void share(Totals totals, Charge charge, Entry entry, int sign) {
    if (shared == null) {
      shared = new TreeMap<>();
    }
    Copies known = shared.get(charge);
    int before = known == null ? 0 : known.count;
    int after = Math.max(0, before + sign * entry.copies());
    if (after == 0) {
      shared.remove(charge);
    } else {
      shared.put(charge, new Copies(after, entry.milli()));
    }
    int change = Integer.signum(after) - Integer.signum(before);
    charge(totals.index(entry.kind().name()), change * entry.milli());
  }

  /** Takes what another has: its own clients' charges when a place is made or goes. */
  void copyChargesOf(Node<T> other) {
    amounts = other.amounts.clone();
    count = other.count;
    share = other.share;
    shared = other.shared == null ? null : new TreeMap<>(other.shared);
  }

  /** Gives back all that another below it is charged with. */
  void dischargeAllOf(Totals totals, Node<T> other) {
    long[] theirs = other.amounts.clone();
    if (other.shared != null && shared != null) {
      TreeMap<Charge, Copies> mine = shared;
      other.shared.forEach(
          (charge, copies) -> {
            int left = mine.getOrDefault(charge, NO_COPIES).count - copies.count;
            if (left > 0) {
              // somebody else below it shares this, too, and stays charged
              mine.put(charge, new Copies(left, copies.milli));
              theirs[totals.index(charge.kind().name())] -= copies.milli;
            } else {
              mine.remove(charge);
            }
          });
    }
    for (int i = 0; i < theirs.length; i++) {
      if (theirs[i] != 0) {
        charge(i, -theirs[i]);
      }
    }
  }
}

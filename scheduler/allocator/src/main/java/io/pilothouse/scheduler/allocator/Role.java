package io.pilothouse.scheduler.allocator;

import io.pilothouse.scheduler.allocator.sorter.Leaf;
import io.pilothouse.scheduler.allocator.sorter.Sorter;
import io.pilothouse.scheduler.allocator.sorter.Totals;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A role that is in use, or that an operator set something of. */
final class Role {
  static final long NO_LIMIT = -1;

  final String path;
  final @Nullable Role parent;
  int children;

  /** By framework: those subscribed, and those that still have something in it. */
  final TreeMap<String, Client> clients = new TreeMap<>();

  /** Its place and its frameworks' order, while it has clients. */
  @Nullable Leaf<Role> leaf;

  @Nullable Sorter<Client> frameworks;

  /** Clients that can be offered to; without any it is not in the order. */
  int servable;

  double weight = 1;
  int priority;
  Quota quota = Quota.NONE;
  @Nullable Amounts guarantee;

  /** By index of the totals, of what has a limit; {@link #NO_LIMIT} of what has none. */
  long @Nullable [] limits;

  /** Charged to it and all below: what is reserved for them, and what they have beside that. */
  final Amounts consumed;

  /** Must stay free for guarantees: of this subtree, and the sum of its children's. */
  @Nullable Amounts need;

  @Nullable Amounts needBelow;

  Role(String path, @Nullable Role parent, Totals totals) {
    this.path = path;
    this.parent = parent;
    this.consumed = new Amounts(totals);
  }

  boolean isIdle() {
    return clients.isEmpty()
        && children == 0
        && quota.equals(Quota.NONE)
        && weight == 1
        && priority == 0
        && consumed.isZero();
  }

  /** To its own guarantee. */
  long missing(int index) {
    return guarantee == null ? 0 : Math.max(0, guarantee.get(index) - consumed.get(index));
  }

  /** To its guarantee or one above it: what it is served for in the first stage. */
  long missingHereOrAbove(int index) {
    long most = 0;
    for (Role role = this; role != null; role = role.parent) {
      most = Math.max(most, role.missing(index));
    }
    return most;
  }

  boolean isHungry(int indexes) {
    for (Role role = this; role != null; role = role.parent) {
      if (role.guarantee != null) {
        for (int i = 0; i < indexes; i++) {
          if (role.missing(i) > 0) {
            return true;
          }
        }
      }
    }
    return false;
  }

  boolean isLimited() {
    for (Role role = this; role != null; role = role.parent) {
      if (role.limits != null) {
        return true;
      }
    }
    return false;
  }

  /** How much more it and all above may get, by their limits. */
  long room(int index) {
    long least = Long.MAX_VALUE;
    for (Role role = this; role != null; role = role.parent) {
      long[] all = role.limits;
      if (all != null && index < all.length && all[index] != NO_LIMIT) {
        least = Math.min(least, Math.max(0, all[index] - role.consumed.get(index)));
      }
    }
    return least;
  }
}

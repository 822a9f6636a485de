package io.pilothouse.scheduler.allocator;

import io.pilothouse.scheduler.allocator.resources.Resources;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * What was declined on one agent, by the client's {@link Client#filterKey}. Ten thousand agents
 * declined by a thousand frameworks are ten million of these, and a cycle asks for as many: so they
 * are in arrays, found by open addressing, and nobody removes them one by one. Those that have
 * expired or whose client is gone are dropped when the table would have to grow.
 *
 * <p>A filter hides what is a part of what was declined. It lives until its time has come, and the
 * next batch after it was made has seen it.
 */
final class Filters {
  /** Of one client at a time; beyond, the one that ends first is dropped. */
  private static final int MOST_OF_ONE = 16;

  private int[] keys = {};
  private @Nullable Resources[] refused = {};
  private long[] untils = {};
  private long[] batches = {};
  private int size;

  /** Further ones of a client that declined several different things. Rare. */
  private @Nullable TreeMap<Integer, List<Filter>> more;

  /** The time at which the filter that last hid something ends. */
  private long hiddenUntil;

  private record Filter(Resources refused, long until, long batch) {
    boolean isLive(long now, long batches) {
      return now < until || batch >= batches;
    }
  }

  /**
   * @param batches how many were made so far
   * @param live which keys still belong to a client
   */
  void add(int key, Resources resources, long until, long batches, long now, IntPredicate live) {
    if (4 * (size + 1) > 3 * keys.length) {
      rebuild(now, batches, live);
    }
    int at = find(key);
    Resources known = refused[at];
    if (known == null) {
      keys[at] = key;
      size++;
    } else {
      Filter other = new Filter(known, untils[at], this.batches[at]);
      boolean stays = other.isLive(now, batches) && !resources.contains(known);
      List<Filter> others = more == null ? null : more.get(key);
      if (others != null) {
        others.removeIf(f -> !f.isLive(now, batches) || resources.contains(f.refused));
      }
      if (stays) {
        keep(key, other);
      }
    }
    refused[at] = resources;
    untils[at] = until;
    this.batches[at] = batches;
  }

  private void keep(int key, Filter filter) {
    if (more == null) {
      more = new TreeMap<>();
    }
    List<Filter> others = more.computeIfAbsent(key, unused -> new ArrayList<>());
    others.add(filter);
    if (others.size() >= MOST_OF_ONE) {
      Filter first = others.get(0);
      for (Filter other : others) {
        first = other.until < first.until ? other : first;
      }
      others.remove(first);
    }
  }

  boolean hides(int key, Resources resources, long now, long batches) {
    if (size == 0) {
      return false;
    }
    int at = find(key);
    Resources known = refused[at];
    if (known == null) {
      return false;
    }
    if ((now < untils[at] || this.batches[at] >= batches) && known.contains(resources)) {
      hiddenUntil = untils[at];
      return true;
    }
    List<Filter> others = more == null ? null : more.get(key);
    if (others != null) {
      for (Filter other : others) {
        if (other.isLive(now, batches) && other.refused.contains(resources)) {
          hiddenUntil = other.until;
          return true;
        }
      }
    }
    return false;
  }

  /** Of what {@link #hides} found last. */
  long hiddenUntil() {
    return hiddenUntil;
  }

  /** The key's place, or the free one where it belongs. Never called of an empty table. */
  private int find(int key) {
    int mask = keys.length - 1;
    int at = ((key * 0x9E3779B9) >>> 7) & mask;
    while (refused[at] != null && keys[at] != key) {
      at = (at + 1) & mask;
    }
    return at;
  }

  private void rebuild(long now, long batches, IntPredicate live) {
    int[] oldKeys = keys;
    Resources[] oldRefused = refused;
    long[] oldUntils = untils;
    long[] oldBatches = this.batches;
    int[] kept = new int[size];
    int count = 0;
    for (int i = 0; i < oldKeys.length; i++) {
      boolean hasMore = more != null && more.containsKey(oldKeys[i]);
      boolean stays = hasMore || now < oldUntils[i] || oldBatches[i] >= batches;
      if (oldRefused[i] != null && stays && live.test(oldKeys[i])) {
        kept[count++] = i;
      }
    }
    if (more != null) {
      more.keySet().removeIf(key -> !live.test(key));
    }
    int length = Math.max(4, Integer.highestOneBit(Math.max(1, 2 * count)) * 2);
    keys = new int[length];
    refused = new Resources[length];
    untils = new long[length];
    this.batches = new long[length];
    size = count;
    for (int i : Arrays.copyOf(kept, count)) {
      int at = find(oldKeys[i]);
      keys[at] = oldKeys[i];
      refused[at] = oldRefused[i];
      untils[at] = oldUntils[i];
      this.batches[at] = oldBatches[i];
    }
  }
}

package io.pilothouse.dm.simulate;

import java.util.PriorityQueue;

/** Virtual time: what happens when. Things of one moment happen in the order of asking. */
final class Agenda {

  private record Item(long at, long order, Runnable act) implements Comparable<Item> {
    @Override
    public int compareTo(Item other) {
      int byTime = Long.compare(at, other.at);
      return byTime != 0 ? byTime : Long.compare(order, other.order);
    }
  }

  private final PriorityQueue<Item> items = new PriorityQueue<>();
  private long now;
  private long order;

  Agenda(long now) {
    this.now = now;
  }

  /** Milliseconds since the epoch. */
  long now() {
    return now;
  }

  void after(long millis, Runnable act) {
    at(now + millis, act);
  }

  /** Has it happen at a time, or at once when that is over. */
  void at(long time, Runnable act) {
    items.add(new Item(Math.max(now, time), order++, act));
  }

  /** Has all happen that is due until then, and goes there. */
  void runUntil(long time) {
    while (!items.isEmpty() && items.element().at() <= time) {
      Item next = items.remove();
      now = next.at();
      next.act().run();
    }
    now = time;
  }
}

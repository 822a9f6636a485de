package io.pilothouse.testing.simulation;

import java.util.PriorityQueue;

/** Virtual time: what happens when. Things of the same moment happen in the order of asking. */
public final class Agenda {

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

  /** Nothing happens yet. */
  public Agenda(long now) {
    this.now = now;
  }

  /** In milliseconds. */
  public long now() {
    return now;
  }

  /** Something will happen. */
  public void after(long millis, Runnable act) {
    items.add(new Item(now + millis, order++, act));
  }

  /** The time of the next thing to happen. */
  public long next() {
    return items.isEmpty() ? Long.MAX_VALUE : items.element().at();
  }

  /** Goes to a time, not past {@link #next}, and has all happen that is due then. */
  public void goTo(long time) {
    now = Math.max(now, time);
    while (next() <= now) {
      items.remove().act().run();
    }
  }
}

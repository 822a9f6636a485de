package io.pilothouse.dm.backtest;

import io.pilothouse.api.v1.Machine;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.SortedMap;
import java.util.TreeMap;

/** Machines that repairs make unavailable, over time, per domain of the budget. */
final class Takings {

  /** One machine, from then to then, milliseconds. */
  record Taking(Machine machine, long from, long until) {}

  private Takings() {}

  /** The budget's domains of a machine; a machine without a rack has no rack domain. */
  static List<String> domains(Machine machine) {
    List<String> domains = new ArrayList<>(List.of("fleet"));
    add(domains, "unit/", machine.getScaleUnit());
    add(domains, "rack/", machine.getRack());
    add(domains, "switch/", machine.getSwitch());
    add(domains, "feed/", machine.getFeed());
    add(domains, "type/", machine.getType());
    return domains;
  }

  private static void add(List<String> domains, String prefix, String name) {
    if (!name.isEmpty()) {
      domains.add(prefix + name);
    }
  }

  /** Most machines taken at once in each domain. */
  static SortedMap<String, Integer> peaks(List<Taking> takings) {
    SortedMap<String, Integer> now = new TreeMap<>();
    SortedMap<String, Integer> peaks = new TreeMap<>();
    PriorityQueue<Taking> active = new PriorityQueue<>(Comparator.comparingLong(Taking::until));
    for (Taking next : inOrder(takings)) {
      release(active, now, next.from());
      active.add(next);
      for (String domain : domains(next.machine())) {
        peaks.merge(domain, now.merge(domain, 1, Integer::sum), Math::max);
      }
    }
    return peaks;
  }

  /**
   * The same with the ceilings of the budget: whoever finds one reached waits until there is room,
   * first come, first served. A domain without a ceiling has room.
   */
  static List<Taking> admitted(List<Taking> wanted, Map<String, Integer> limits) {
    List<Taking> admitted = new ArrayList<>();
    List<Taking> waiting = new ArrayList<>();
    SortedMap<String, Integer> now = new TreeMap<>();
    PriorityQueue<Taking> active = new PriorityQueue<>(Comparator.comparingLong(Taking::until));
    List<Taking> order = inOrder(wanted);
    int next = 0;
    while (next < order.size() || !waiting.isEmpty()) {
      boolean arrival =
          next < order.size()
              && (active.isEmpty() || order.get(next).from() <= active.element().until());
      if (!arrival && active.isEmpty()) {
        return admitted; // a ceiling of zero: they wait for ever
      }
      long time = arrival ? order.get(next).from() : active.element().until();
      release(active, now, time);
      if (arrival) {
        waiting.add(order.get(next++));
      }
      List<Taking> still = new ArrayList<>();
      for (Taking each : waiting) {
        if (hasRoom(each, now, limits)) {
          Taking begun = new Taking(each.machine(), time, time + each.until() - each.from());
          admitted.add(begun);
          active.add(begun);
          domains(each.machine()).forEach(domain -> now.merge(domain, 1, Integer::sum));
        } else {
          still.add(each);
        }
      }
      waiting = still;
    }
    return admitted;
  }

  private static boolean hasRoom(
      Taking taking, SortedMap<String, Integer> now, Map<String, Integer> limits) {
    return domains(taking.machine()).stream()
        .allMatch(
            domain -> now.getOrDefault(domain, 0) < limits.getOrDefault(domain, Integer.MAX_VALUE));
  }

  private static void release(
      PriorityQueue<Taking> active, SortedMap<String, Integer> now, long time) {
    while (!active.isEmpty() && active.element().until() <= time) {
      domains(active.remove().machine()).forEach(domain -> now.merge(domain, -1, Integer::sum));
    }
  }

  private static List<Taking> inOrder(List<Taking> takings) {
    return takings.stream()
        .sorted(
            Comparator.comparingLong(Taking::from).thenComparing(each -> each.machine().getName()))
        .toList();
  }
}

package io.pilothouse.dm.backtest;

import io.pilothouse.api.v1.Machine;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.SortedMap;
import java.util.TreeMap;

/** Machines that repairs make unavailable, over time, per domain of the budget. */
final class Takings {

  /** One machine, from then to then, milliseconds. */
  record Taking(Machine machine, long from, long until) {}

  /** Machines taken now; one that is taken twice, by its next action, counts once. */
  private static final class Count {
    private final SortedMap<String, Integer> domains = new TreeMap<>();
    private final SortedMap<String, Integer> machines = new TreeMap<>();
    private final PriorityQueue<Taking> active =
        new PriorityQueue<>(Comparator.comparingLong(Taking::until));

    void begin(Taking taking) {
      active.add(taking);
      if (machines.merge(taking.machine().getName(), 1, Integer::sum) == 1) {
        domains(taking.machine()).forEach(domain -> domains.merge(domain, 1, Integer::sum));
      }
    }

    /** Gives back what is over by then. */
    void goTo(long time) {
      while (!active.isEmpty() && active.element().until() <= time) {
        Machine machine = active.remove().machine();
        if (machines.merge(machine.getName(), -1, Integer::sum) == 0) {
          domains(machine).forEach(domain -> domains.merge(domain, -1, Integer::sum));
        }
      }
    }

    boolean isTaken(Machine machine) {
      return machines.getOrDefault(machine.getName(), 0) > 0;
    }

    int in(String domain) {
      return domains.getOrDefault(domain, 0);
    }

    boolean isIdle() {
      return active.isEmpty();
    }

    /** When the next one is over. */
    long nextEnd() {
      return active.element().until();
    }
  }

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
    Count now = new Count();
    SortedMap<String, Integer> peaks = new TreeMap<>();
    for (Taking next : inOrder(takings)) {
      now.goTo(next.from());
      now.begin(next);
      domains(next.machine()).forEach(domain -> peaks.merge(domain, now.in(domain), Math::max));
    }
    return peaks;
  }

  /**
   * The same with the ceilings of the budget: whoever finds one reached waits until there is room,
   * first come, first served. A domain without a ceiling has room.
   */
  static List<Taking> admitted(List<Taking> wanted, Map<String, Integer> limits) {
    Deque<Taking> coming = new ArrayDeque<>(inOrder(wanted));
    List<Taking> waiting = new ArrayList<>();
    List<Taking> admitted = new ArrayList<>();
    Count now = new Count();
    while (!coming.isEmpty() || !(waiting.isEmpty() || now.isIdle())) {
      boolean arrival =
          !coming.isEmpty() && (now.isIdle() || coming.element().from() <= now.nextEnd());
      long time = arrival ? coming.element().from() : now.nextEnd();
      now.goTo(time);
      if (arrival) {
        waiting.add(coming.remove());
      }
      for (Taking each : List.copyOf(waiting)) {
        if (hasRoom(each, now, limits)) {
          Taking begun = new Taking(each.machine(), time, time + each.until() - each.from());
          waiting.remove(each);
          admitted.add(begun);
          now.begin(begun);
        }
      }
    }
    return admitted;
  }

  private static boolean hasRoom(Taking taking, Count now, Map<String, Integer> limits) {
    return now.isTaken(taking.machine())
        || domains(taking.machine()).stream()
            .allMatch(domain -> now.in(domain) < limits.getOrDefault(domain, Integer.MAX_VALUE));
  }

  private static List<Taking> inOrder(List<Taking> takings) {
    return takings.stream()
        .sorted(
            Comparator.comparingLong(Taking::from).thenComparing(each -> each.machine().getName()))
        .toList();
  }
}

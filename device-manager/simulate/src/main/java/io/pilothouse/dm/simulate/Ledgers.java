package io.pilothouse.dm.simulate;

import io.pilothouse.api.v1.Machine;
import io.pilothouse.dm.state.Budget;
import io.pilothouse.dm.state.State;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The budget counted a second time, from what changed: taken machines of every domain against its
 * limit. Kept apart from the rules' own counts, so that each holds the other.
 */
final class Ledgers {
  private static final String BUDGET = "1 taken <= limit in every domain";

  private final State state;
  private final Set<String> taken = new HashSet<>();
  private final Map<String, Integer> counts = new HashMap<>();
  private Map<String, Integer> limits = Map.of();

  Ledgers(State state) {
    this.state = state;
  }

  void begin() {
    taken.clear();
    counts.clear();
    readLimits();
    state.machines().forEach(each -> count(each.getName()));
  }

  private void readLimits() {
    Map<String, Integer> read = new HashMap<>();
    Budget.usage(state).forEach((domain, usage) -> read.put(domain, usage.limit()));
    limits = read;
  }

  boolean takes(String machine) {
    return taken.contains(machine);
  }

  /** These machines, or their repairs, changed. */
  void after(Set<String> machines) {
    Set<String> more = new TreeSet<>();
    machines.forEach(each -> more.addAll(count(each)));
    // once all are counted: one machine may be given back by the entry that takes another
    for (String domain : more) {
      int limit = limits.getOrDefault(domain, Integer.MAX_VALUE);
      if (counts.getOrDefault(domain, 0) > limit) {
        throw new Violation(
            BUDGET, "%s has %s taken of %s".formatted(domain, counts.get(domain), limit));
      }
    }
  }

  /** Domains in which the machine was counted as one more. */
  private List<String> count(String name) {
    Machine machine = state.machine(name).orElse(null);
    boolean now = machine != null && Budget.taken(state, machine);
    boolean before = taken.contains(name);
    if (now == before || machine == null) {
      return List.of();
    }
    List<String> domains = domains(machine);
    domains.forEach(each -> counts.merge(each, now ? 1 : -1, Integer::sum));
    if (now) {
      taken.add(name);
      return domains;
    }
    taken.remove(name);
    return List.of();
  }

  private static List<String> domains(Machine machine) {
    return new Place(
            machine.getName(),
            machine.getType(),
            machine.getScaleUnit(),
            machine.getRack(),
            machine.getSwitch(),
            machine.getFeed(),
            machine.getModel())
        .domains();
  }

  /** The rules' own ledger says the same. */
  void compare(Map<String, Budget.Usage> usage) {
    usage.forEach(
        (domain, standing) -> {
          int counted = counts.getOrDefault(domain, 0);
          if (counted != standing.taken()) {
            throw new Violation(
                "the ledger agrees with the machines",
                "%s: the ledger has %s taken, the machines make %s"
                    .formatted(domain, standing.taken(), counted));
          }
        });
    readLimits();
  }
}

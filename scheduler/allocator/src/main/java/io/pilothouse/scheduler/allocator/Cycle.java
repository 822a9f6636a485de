package io.pilothouse.scheduler.allocator;

import io.pilothouse.scheduler.allocator.Explanation.Withheld;
import io.pilothouse.scheduler.allocator.resources.Resources;
import io.pilothouse.scheduler.allocator.sorter.Lots;
import io.pilothouse.scheduler.allocator.sorter.Sorter;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * One allocation cycle. Agents come in random order; each goes as a whole to the first role, and in
 * it the first framework, that may have it and has not declined it.
 *
 * <p>First those of roles whose guarantee is not met, then everybody, with what the guarantees that
 * are still not met need held back. The order of agents is another one in the second stage, so that
 * what the first one used up is spread.
 *
 * <p>An agent that nobody wanted is not asked about again until something changes that could make
 * somebody want it: the agent, the frameworks and their wishes, a filter that ends, or what quotas
 * withhold. A fleet at rest costs a cycle one comparison for each agent.
 */
final class Cycle {
  private final Books books;
  private final Judge judge;
  private final Lots lots;
  private final List<Grant> grants = new ArrayList<>();
  private long number;

  private record Grant(Client client, Machine machine, Resources resources) {}

  Cycle(Books books, Judge judge) {
    this.books = books;
    this.judge = judge;
    this.lots = new Lots(books.options.seed());
  }

  List<Allocation> run(Collection<Machine> candidates, long now) {
    number++;
    grants.clear();
    Machine[] machines = new Machine[candidates.size()];
    int size = 0;
    for (Machine machine : candidates) {
      if (mayBeOffered(machine, now)) {
        machine.hiddenUntil = Long.MAX_VALUE;
        machines[size++] = machine;
      }
    }
    if (books.isGuarded()) {
      lots.shuffle(machines, size);
      serveGuarantees(machines, size, now);
    }
    lots.shuffle(machines, size);
    for (int i = 0; i < size; i++) {
      serveAll(machines[i], now);
    }
    return result();
  }

  long number() {
    return number;
  }

  private boolean mayBeOffered(Machine machine, long now) {
    boolean known =
        machine.nobodyAtDemand == books.demand
            && now < machine.nobodyUntil
            && (machine.nobodyAtQuota < 0 || machine.nobodyAtQuota == books.quota);
    return !known
        && machine.withheld.isEmpty()
        && !(machine.free.isEmpty() && machine.shared.isEmpty());
  }

  // ---- guarantees

  private void serveGuarantees(Machine[] machines, int size, long now) {
    int hungry = 0;
    Sorter<Role> order = books.roles.order;
    order.start();
    for (Role role = order.next(); role != null; role = order.next()) {
      hungry += isHungry(role) ? 1 : 0;
    }
    for (int i = 0; i < size && hungry > 0; i++) {
      Machine machine = machines[i];
      order.start();
      for (Role role = order.next(); role != null; role = order.next()) {
        if (machine.free.isEmpty()) {
          break;
        }
        if (isHungry(role)) {
          serveGuarantee(role, machine, now);
          hungry -= isHungry(role) ? 0 : 1;
        }
      }
    }
  }

  private boolean isHungry(Role role) {
    return role.isHungry(books.totals.size());
  }

  private void serveGuarantee(Role role, Machine machine, long now) {
    Sorter<Client> frameworks = Books.frameworks(role);
    frameworks.start();
    for (Client client = frameworks.next(); client != null; client = frameworks.next()) {
      Resources offer = judge.first(client, machine, available(machine, role), now);
      if (!offer.isEmpty()) {
        grant(client, machine, offer);
        if (!isHungry(role)) {
          return;
        }
      } else {
        noteHiding(machine);
      }
    }
  }

  /** After an answer that was nothing: if a filter is the reason, ask again when it has ended. */
  private void noteHiding(Machine machine) {
    if (judge.reason() == Withheld.FILTERED) {
      machine.hiddenUntil = Math.min(machine.hiddenUntil, machine.filters.hiddenUntil());
    }
  }

  // ---- everybody

  private void serveAll(Machine machine, long now) {
    boolean cut = false;
    boolean taken = false;
    Sorter<Role> order = books.roles.order;
    order.start();
    for (Role role = order.next(); role != null; role = order.next()) {
      Resources available = available(machine, role);
      if (judge.isFull(role, available)) {
        cut = true;
        continue;
      }
      Sorter<Client> frameworks = Books.frameworks(role);
      frameworks.start();
      for (Client client = frameworks.next(); client != null; client = frameworks.next()) {
        if (available.isEmpty()) {
          break;
        }
        Resources offer = judge.second(client, machine, available, now);
        if (!offer.isEmpty()) {
          grant(client, machine, offer);
          available = available(machine, role);
          taken = true;
        } else {
          noteHiding(machine);
        }
        cut |= judge.wasCut();
      }
      if (machine.free.isEmpty() && machine.shared.isEmpty()) {
        return;
      }
    }
    // what is shared was perhaps only held back because this cycle has offered it already
    if (!taken && machine.shared.isEmpty()) {
      machine.nobodyAtDemand = books.demand;
      machine.nobodyAtQuota = cut ? books.quota : -1;
      machine.nobodyUntil = machine.hiddenUntil;
    }
  }

  /**
   * What a role may get: free, for it, and of what is shared that which this cycle has not offered.
   */
  private Resources available(Machine machine, Role role) {
    Resources all = machine.free;
    if (!machine.shared.isEmpty()) {
      Resources offered = Resources.NONE;
      for (int index : machine.granted) {
        offered = offered.plus(grants.get(index).resources.shared());
      }
      all = all.plus(machine.shared.minus(offered));
    }
    return all.forRole(role.path);
  }

  private void grant(Client client, Machine machine, Resources offer) {
    books.give(client, machine, offer);
    for (int index : machine.granted) {
      Grant before = grants.get(index);
      if (before.client == client) {
        grants.set(index, new Grant(client, machine, before.resources.plus(offer)));
        return;
      }
    }
    machine.granted.add(grants.size());
    grants.add(new Grant(client, machine, offer));
    if (client.cycle != number) {
      client.cycle = number;
      client.offersInCycle = 0;
    }
    client.offersInCycle++;
    client.offersEver++;
  }

  private List<Allocation> result() {
    List<Allocation> result = new ArrayList<>(grants.size());
    for (Grant grant : grants) {
      grant.machine.granted.clear();
      result.add(
          new Allocation(
              grant.client.framework.id,
              grant.client.role.path,
              grant.machine.agent.id(),
              grant.resources));
    }
    grants.clear();
    return result;
  }
}

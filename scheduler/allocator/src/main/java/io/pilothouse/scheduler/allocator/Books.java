package io.pilothouse.scheduler.allocator;

import static java.util.Objects.requireNonNull;

import io.pilothouse.scheduler.allocator.Options.Order;
import io.pilothouse.scheduler.allocator.resources.Entry;
import io.pilothouse.scheduler.allocator.resources.Resources;
import io.pilothouse.scheduler.allocator.sorter.Sorter;
import io.pilothouse.scheduler.allocator.sorter.Totals;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Who has what, kept in all the places where it counts: on the machine, in both sorters, in what a
 * quota is charged with and in what is free for guarantees. Only here is anything given or taken.
 */
final class Books {
  final Options options;
  final Totals totals;
  final Roles roles;
  final Map<String, Member> members = new LinkedHashMap<>();
  final Map<String, Machine> machines = new LinkedHashMap<>();

  /**
   * Free on machines that can be offered, and not kept for anybody. Only while a role is guarded.
   */
  final Amounts headroom;

  /** Changes when somebody may want what nobody wanted before. */
  long demand;

  /** Changes when quotas may withhold less than before. */
  long quota;

  /** Made so far. */
  long batches;

  private final Map<Integer, Client> byFilterKey = new LinkedHashMap<>();
  private int guarded;
  private int lastNumber;

  Books(Options options) {
    this.options = options;
    this.totals = new Totals(options.notShared());
    this.roles =
        new Roles(
            totals,
            options.roles() == Order.BY_SHARE
                ? Sorter.byShare(totals)
                : Sorter.byLot(totals, options.seed() ^ 0x5DEECE66DL));
    this.headroom = new Amounts(totals);
  }

  // ---- clients

  /** The framework in this role; made if it is new. */
  Client client(String framework, String path) {
    Member member = members.computeIfAbsent(framework, Member::new);
    Client known = member.clients.get(path);
    if (known != null) {
      return known;
    }
    Role role = roles.make(path);
    if (role.leaf == null) {
      role.leaf = roles.order.add(path, role);
      role.frameworks =
          options.frameworks() == Order.BY_SHARE
              ? Sorter.byShare(totals)
              : Sorter.byLot(totals, options.seed() + ++lastNumber);
    }
    Client client = new Client(member, role, ++lastNumber);
    client.minimum = options.minimum();
    client.enter(frameworks(role));
    member.clients.put(path, client);
    role.clients.put(framework, client);
    byFilterKey.put(client.filterKey, client);
    return client;
  }

  /** It is gone when it neither is in the role nor has anything left in it. */
  void forgetIfIdle(Client client) {
    settle(client);
    Member member = client.framework;
    if (!client.subscribed && client.machines.isEmpty()) {
      Role role = client.role;
      frameworks(role).remove(client.leaf());
      member.clients.remove(role.path);
      role.clients.remove(member.id);
      byFilterKey.remove(client.filterKey);
      if (role.clients.isEmpty()) {
        roles.order.remove(requireNonNull(role.leaf));
        role.leaf = null;
        role.frameworks = null;
        roles.forgetIfIdle(role);
      }
    }
    if (!member.known && member.clients.isEmpty()) {
      members.remove(member.id);
    }
  }

  /** Brings it into the orders, or out of them, as its state says. */
  void settle(Client client) {
    boolean servable = client.subscribed && !client.suppressed && client.framework.active;
    if (servable == client.servable) {
      return;
    }
    client.servable = servable;
    Role role = client.role;
    if (servable) {
      demand++;
      frameworks(role).activate(client.leaf());
      if (role.servable++ == 0) {
        roles.order.activate(requireNonNull(role.leaf));
      }
    } else {
      frameworks(role).deactivate(client.leaf());
      if (--role.servable == 0) {
        roles.order.deactivate(requireNonNull(role.leaf));
      }
    }
  }

  void forgetFilters(Client client) {
    byFilterKey.remove(client.filterKey);
    client.filterKey = ++lastNumber;
    byFilterKey.put(client.filterKey, client);
    demand++;
  }

  boolean isLiveFilterKey(int key) {
    return byFilterKey.containsKey(key);
  }

  static Sorter<Client> frameworks(Role role) {
    return requireNonNull(role.frameworks, "a role with clients has their order");
  }

  // ---- machines

  Machine add(Agent agent) {
    Machine machine = new Machine(agent);
    machines.put(agent.id(), machine);
    totals.add(agent.total().quantities());
    reserve(agent.total(), 1);
    recountHeadroom(machine);
    quota++;
    return machine;
  }

  void change(Machine machine, Agent agent) {
    Agent before = machine.agent;
    if (!agent.total().equals(before.total())) {
      totals.subtract(before.total().quantities());
      totals.add(agent.total().quantities());
      reserve(agent.total(), 1);
      reserve(before.total(), -1);
    }
    machine.become(agent);
    recountHeadroom(machine);
    quota++;
  }

  void withhold(Machine machine, Optional<String> reason) {
    machine.withheld = reason;
    machine.forget();
    recountHeadroom(machine);
    quota++;
  }

  void remove(Machine machine) {
    for (Map.Entry<Client, Resources> one : new ArrayList<>(machine.allocated.entrySet())) {
      take(one.getKey(), machine, one.getValue());
      forgetIfIdle(one.getKey());
    }
    reserve(machine.agent.total(), -1);
    totals.subtract(machine.agent.total().quantities());
    machines.remove(machine.agent.id());
    headroom.add(machine.inHeadroom.quantities(), -1);
    quota++;
  }

  /** What is reserved counts against its role's quota, used or not. */
  private void reserve(Resources total, int sign) {
    if (!total.hasReserved()) {
      return;
    }
    for (Entry entry : total) {
      if (entry.kind().isReserved() && entry.isScalar() && !entry.kind().isRevocable()) {
        Role role = roles.make(entry.kind().role().orElseThrow());
        roles.consume(role, Resources.of(entry).quantities(), sign);
        if (sign < 0) {
          roles.forgetIfIdle(role);
        }
      }
    }
  }

  // ---- giving and taking

  void give(Client client, Machine machine, Resources resources) {
    machine.give(client, resources);
    String agent = machine.agent.id();
    frameworks(client.role).allocated(client.leaf(), agent, resources);
    roles.order.allocated(requireNonNull(client.role.leaf), agent, resources);
    roles.consume(client.role, resources.chargeable().quantities(), 1);
    recountHeadroom(machine);
  }

  void take(Client client, Machine machine, Resources resources) {
    Resources taken = machine.take(client, resources);
    String agent = machine.agent.id();
    frameworks(client.role).unallocated(client.leaf(), agent, taken);
    roles.order.unallocated(requireNonNull(client.role.leaf), agent, taken);
    roles.consume(client.role, taken.chargeable().quantities(), -1);
    quota++;
    recountHeadroom(machine);
  }

  /** These of the client's become those; on the machine, too. */
  void exchange(Client client, Machine machine, Resources from, Resources to) {
    Resources had = machine.of(client);
    if (!had.contains(from)) {
      throw new IllegalArgumentException(
          "%s on agent %s: %s expected in what it has there, %s"
              .formatted(client, machine.agent.id(), from, had));
    }
    Agent changed = machine.exchanged(from, to);
    machine.allocated.put(client, had.minus(from).plus(to));
    String agent = machine.agent.id();
    frameworks(client.role).exchanged(client.leaf(), agent, from, to);
    roles.order.exchanged(requireNonNull(client.role.leaf), agent, from, to);
    roles.consume(client.role, from.chargeable().quantities(), -1);
    roles.consume(client.role, to.chargeable().quantities(), 1);
    change(machine, changed);
  }

  // ---- headroom

  /** A role has a guarantee now, or has none any more. */
  void guard(Role role, Quota quotaOfRole) {
    int before = guarded;
    guarded += role.guarantee == null ? 0 : -1;
    roles.setQuota(role, quotaOfRole);
    guarded += role.guarantee == null ? 0 : 1;
    if (before == 0 && guarded > 0) {
      List<Machine> all = List.copyOf(machines.values());
      all.forEach(this::recountHeadroom);
    }
    quota++;
  }

  boolean isGuarded() {
    return guarded > 0;
  }

  void recountHeadroom(Machine machine) {
    if (guarded == 0 && machine.inHeadroom.isEmpty()) {
      return;
    }
    boolean counts = guarded > 0 && machine.withheld.isEmpty();
    Resources now = counts ? machine.free.chargeable() : Resources.NONE;
    headroom.add(machine.inHeadroom.quantities(), -1);
    headroom.add(now.quantities(), 1);
    machine.inHeadroom = now;
  }
}

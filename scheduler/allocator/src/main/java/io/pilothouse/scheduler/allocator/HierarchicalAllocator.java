package io.pilothouse.scheduler.allocator;

import static java.util.Objects.requireNonNull;

import io.pilothouse.scheduler.allocator.resources.Quantities;
import io.pilothouse.scheduler.allocator.resources.Resources;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Roles by fair share, in each role its frameworks by fair share; with quotas, reservations,
 * filters. What it knows is in {@link Books}; what it decides, in {@link Cycle}.
 */
final class HierarchicalAllocator implements Allocator {
  private final Books books;
  private final Cycle cycle;
  private final Explainer explainer;
  private final Departures departures;

  /** What an event happened to since the last cycle. */
  private final Set<Machine> changed = new LinkedHashSet<>();

  private boolean allChanged;

  HierarchicalAllocator(Options options) {
    books = new Books(options);
    Judge judge = new Judge(books);
    cycle = new Cycle(books, judge);
    explainer = new Explainer(books, judge, cycle);
    departures = new Departures(books);
  }

  // ---- frameworks

  @Override
  public void addFramework(Framework framework) {
    Member member = books.members.computeIfAbsent(framework.id(), Member::new);
    if (member.known) {
      throw new IllegalArgumentException(
          "framework '%s' is known: expected a new one, or an update".formatted(framework.id()));
    }
    member.known = true;
    member.active = true;
    become(member, framework);
    allChanged = true;
  }

  @Override
  public void updateFramework(Framework framework) {
    become(member(framework.id()), framework);
    books.demand++;
    allChanged = true;
  }

  private void become(Member member, Framework framework) {
    member.capabilities.clear();
    member.capabilities.addAll(framework.capabilities());
    for (String role : framework.roles()) {
      Client client = books.client(member.id, role);
      List<Quantities> minimum = framework.minimum().get(role);
      client.subscribed = true;
      client.minimum = minimum == null ? books.options.minimum() : List.copyOf(minimum);
      client.constraints = framework.constraints().get(role);
      boolean suppressed = framework.suppressed().contains(role);
      if (client.suppressed && !suppressed) {
        books.forgetFilters(client);
      }
      client.suppressed = suppressed;
      books.settle(client);
    }
    for (Client client : List.copyOf(member.clients.values())) {
      if (!framework.roles().contains(client.role.path)) {
        client.subscribed = false;
        books.forgetFilters(client);
        books.forgetIfIdle(client);
      }
    }
  }

  @Override
  public void removeFramework(String framework) {
    Member member = member(framework);
    member.known = false;
    member.active = false;
    for (Client client : List.copyOf(member.clients.values())) {
      client.subscribed = false;
      books.forgetFilters(client);
      books.forgetIfIdle(client);
    }
    if (member.clients.isEmpty()) {
      books.members.remove(framework); // it may have been in no role
    }
    departures.forget(framework);
  }

  @Override
  public void activateFramework(String framework) {
    Member member = member(framework);
    member.active = true;
    member.clients.values().forEach(books::settle);
    allChanged = true;
  }

  @Override
  public void deactivateFramework(String framework) {
    Member member = member(framework);
    member.active = false;
    for (Client client : member.clients.values()) {
      books.settle(client);
      books.forgetFilters(client);
    }
    departures.forget(framework);
  }

  @Override
  public void suppress(String framework, Collection<String> roles) {
    for (Client client : clients(framework, roles)) {
      client.suppressed = true;
      books.settle(client);
    }
  }

  @Override
  public void revive(String framework, Collection<String> roles) {
    for (Client client : clients(framework, roles)) {
      client.suppressed = false;
      books.forgetFilters(client);
      books.settle(client);
    }
    departures.askAgain(framework);
    allChanged = true;
  }

  private List<Client> clients(String framework, Collection<String> roles) {
    Member member = member(framework);
    List<Client> result = new ArrayList<>();
    if (roles.isEmpty()) {
      result.addAll(member.clients.values());
      result.removeIf(client -> !client.subscribed);
    }
    for (String role : roles) {
      result.add(client(member, role));
    }
    return result;
  }

  // ---- agents

  @Override
  public void addAgent(Agent agent, List<Allocation> used) {
    if (books.machines.containsKey(agent.id())) {
      throw new IllegalArgumentException(
          "agent '%s' is known: expected a new one, or an update".formatted(agent.id()));
    }
    Roles.check(agent.total());
    used.forEach(one -> Roles.check(one.role()));
    Machine machine = books.add(agent);
    for (Allocation one : used) {
      books.give(books.client(one.framework(), one.role()), machine, one.resources());
    }
    changed.add(machine);
  }

  @Override
  public void addUse(Allocation used) {
    Machine machine = machine(used.agent());
    Roles.check(used.role());
    books.give(books.client(used.framework(), used.role()), machine, used.resources());
  }

  @Override
  public void updateAgent(Agent agent) {
    Machine machine = machine(agent.id());
    Roles.check(agent.total());
    books.change(machine, agent);
    changed.add(machine);
  }

  @Override
  public void removeAgent(String agent) {
    Machine machine = machine(agent);
    books.remove(machine);
    departures.set(machine, Optional.empty());
    changed.remove(machine);
  }

  @Override
  public void setOfferable(String agent, Optional<String> withheld) {
    Machine machine = machine(agent);
    books.withhold(machine, withheld);
    changed.add(machine);
  }

  // ---- what operators set

  @Override
  public void setWeight(String path, double weight) {
    Role role = books.roles.make(path);
    books.roles.order.weigh(path, weight);
    role.weight = weight;
    books.roles.forgetIfIdle(role);
  }

  @Override
  public void setPriority(String path, int priority) {
    Role role = books.roles.make(path);
    books.roles.order.prioritize(path, priority);
    role.priority = priority;
    books.roles.forgetIfIdle(role);
  }

  @Override
  public void setQuota(String path, Quota quota) {
    Role role = books.roles.make(path);
    books.guard(role, quota);
    books.roles.forgetIfIdle(role);
  }

  // ---- what became of allocations

  @Override
  public void recover(Allocation allocation, OptionalLong refuseMillis, long now) {
    Machine machine = books.machines.get(allocation.agent());
    Member member = books.members.get(allocation.framework());
    Client client = member == null ? null : member.clients.get(allocation.role());
    if (machine == null || client == null || allocation.resources().isEmpty()) {
      return;
    }
    books.take(client, machine, allocation.resources());
    long refuse = refuseMillis.orElse(0);
    if (refuse > 0 && client.subscribed) {
      long least = Math.max(refuse, books.options.intervalMillis());
      long until = now > Long.MAX_VALUE - least ? Long.MAX_VALUE : now + least;
      machine.filters.add(
          client.filterKey,
          allocation.resources(),
          until,
          books.batches,
          now,
          books::isLiveFilterKey);
    }
    books.forgetIfIdle(client);
  }

  @Override
  public void exchange(String framework, String role, String agent, Resources from, Resources to) {
    Roles.check(to);
    books.exchange(client(member(framework), role), machine(agent), from, to);
  }

  @Override
  public boolean exchangeFree(String agent, Resources from, Resources to) {
    Machine machine = machine(agent);
    Roles.check(to);
    if (!machine.free.plus(machine.shared).contains(from)) {
      return false;
    }
    books.change(machine, machine.exchanged(from, to));
    return true;
  }

  // ---- allocation

  @Override
  public List<Allocation> allocate(long now) {
    List<Allocation> result = cycle.run(books.machines.values(), now);
    books.batches++;
    forgetChanges();
    return result;
  }

  @Override
  public List<Allocation> allocateChanged(long now) {
    Collection<Machine> candidates = allChanged ? books.machines.values() : changed;
    List<Allocation> result = candidates.isEmpty() ? List.of() : cycle.run(candidates, now);
    forgetChanges();
    return result;
  }

  private void forgetChanges() {
    changed.clear();
    allChanged = false;
  }

  // ---- agents that are to be taken away

  @Override
  public void setUnavailability(String agent, Optional<Unavailability> unavailability) {
    Machine machine = machine(agent);
    departures.set(machine, unavailability);
    changed.add(machine);
  }

  @Override
  public List<InverseOffer> inverseOffers(long now) {
    return departures.ask(now);
  }

  @Override
  public void answerInverseOffer(
      String framework,
      String agent,
      Optional<Boolean> accepted,
      OptionalLong refuseMillis,
      long now) {
    departures.answer(machine(agent), framework, accepted, refuseMillis, now);
  }

  @Override
  public Map<String, Boolean> inverseAnswers(String agent) {
    return departures.answers(machine(agent));
  }

  // ---- why

  @Override
  public Explanation explain(String framework, String role, long now) {
    return explainer.explain(client(member(framework), role), now);
  }

  @Override
  public List<RoleStanding> roles() {
    return books.roles.standing();
  }

  @Override
  public List<Shortfall> shortfalls() {
    return books.isGuarded() ? books.roles.shortfalls(books.headroom) : List.of();
  }

  @Override
  public Resources allocated(String framework, String role, String agent) {
    Member member = books.members.get(framework);
    Client client = member == null ? null : member.clients.get(role);
    return client == null ? Resources.NONE : machine(agent).of(client);
  }

  @Override
  public Resources free(String agent) {
    Machine machine = machine(agent);
    return machine.free.plus(machine.shared);
  }

  // ---- who is meant

  private Member member(String framework) {
    Member member = books.members.get(requireNonNull(framework));
    if (member == null || !member.known) {
      throw new IllegalArgumentException("unknown framework '%s'".formatted(framework));
    }
    return member;
  }

  private static Client client(Member member, String role) {
    Client client = member.clients.get(role);
    if (client == null) {
      throw new IllegalArgumentException(
          "framework '%s' is not in role '%s': expected one of %s"
              .formatted(member.id, role, member.clients.keySet()));
    }
    return client;
  }

  private Machine machine(String agent) {
    Machine machine = books.machines.get(requireNonNull(agent));
    if (machine == null) {
      throw new IllegalArgumentException("unknown agent '%s'".formatted(agent));
    }
    return machine;
  }
}

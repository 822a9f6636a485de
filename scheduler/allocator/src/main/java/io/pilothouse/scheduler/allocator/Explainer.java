package io.pilothouse.scheduler.allocator;

import static java.util.Objects.requireNonNull;

import io.pilothouse.scheduler.allocator.Explanation.Withheld;
import io.pilothouse.scheduler.allocator.Options.Order;
import io.pilothouse.scheduler.allocator.resources.Resources;
import java.util.Collections;
import java.util.List;
import java.util.TreeMap;

/**
 * Asks the judge about every agent, when somebody wants to know. Nothing is counted while agents
 * are handed out: that would cost each cycle what one question costs.
 */
final class Explainer {
  private final Books books;
  private final Judge judge;
  private final Cycle cycle;

  Explainer(Books books, Judge judge, Cycle cycle) {
    this.books = books;
    this.judge = judge;
    this.cycle = cycle;
  }

  Explanation explain(Client client, long now) {
    Role role = client.role;
    TreeMap<Withheld, Long> withheld = new TreeMap<>();
    TreeMap<String, Long> notOfferable = new TreeMap<>();
    for (Machine machine : books.machines.values()) {
      Withheld rule = why(client, machine, now);
      withheld.merge(rule, 1L, Long::sum);
      if (rule == Withheld.NOT_OFFERABLE) {
        notOfferable.merge(machine.withheld.orElseThrow(), 1L, Long::sum);
      }
    }
    return new Explanation(
        client.framework.id,
        role.path,
        books.roles.order.share(requireNonNull(role.leaf)),
        Books.frameworks(role).share(client.leaf()),
        role.weight,
        role.priority,
        books.options.roles() == Order.BY_SHARE ? rank(books.roles.order.order(), role) : 0,
        books.options.frameworks() == Order.BY_SHARE
            ? rank(Books.frameworks(role).order(), client)
            : 0,
        role.quota,
        role.consumed.quantities(),
        books.roles.required().quantities(),
        client.cycle == cycle.number() ? client.offersInCycle : 0,
        client.offersEver,
        Collections.unmodifiableSortedMap(withheld),
        Collections.unmodifiableSortedMap(notOfferable));
  }

  /** 0 if it is not among them. Not asked of lots: to draw some would change the next ones. */
  private static <T> int rank(List<T> order, T wanted) {
    return order.indexOf(wanted) + 1;
  }

  private Withheld why(Client client, Machine machine, long now) {
    if (!client.framework.active || !client.subscribed) {
      return Withheld.INACTIVE;
    }
    if (client.suppressed) {
      return Withheld.SUPPRESSED;
    }
    if (machine.withheld.isPresent()) {
      return Withheld.NOT_OFFERABLE;
    }
    Resources available = machine.free.plus(machine.shared).forRole(client.role.path);
    Resources offer = judge.second(client, machine, available, now);
    if (offer.isEmpty() && client.role.isHungry(books.totals.size())) {
      offer = judge.first(client, machine, available, now);
    }
    return offer.isEmpty() ? judge.reason() : Withheld.OTHERS_FIRST;
  }
}

package io.pilothouse.scheduler.allocator;

import static java.util.Objects.requireNonNull;

import io.pilothouse.scheduler.allocator.resources.Quantities;
import io.pilothouse.scheduler.allocator.sorter.Leaf;
import io.pilothouse.scheduler.allocator.sorter.Sorter;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A framework in one of its roles: who resources go to. */
final class Client {
  final Member framework;
  final Role role;

  /** Where it has something. */
  final Set<Machine> machines = new LinkedHashSet<>();

  /** The framework is in this role; else it only still has something in it. */
  boolean subscribed;

  boolean suppressed;
  boolean servable;

  /** What its filters are found by. Another one, and they are forgotten. */
  int filterKey;

  List<Quantities> minimum = List.of();
  @Nullable OfferConstraints constraints;

  long offersEver;
  long offersInCycle;
  long cycle;

  private @Nullable Leaf<Client> leaf;

  Client(Member framework, Role role, int number) {
    this.framework = framework;
    this.role = role;
    this.filterKey = number;
  }

  void enter(Sorter<Client> sorter) {
    leaf = sorter.add(framework.id, this);
  }

  Leaf<Client> leaf() {
    return requireNonNull(leaf);
  }

  @Override
  public String toString() {
    return framework.id + " in " + role.path;
  }
}

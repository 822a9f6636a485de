package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.PlannedCapacity;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** Capacity that each domain has left at the worst moment of a rollout. */
final class PlanCapacity {
  private static final int MILLE = 1000;

  private final Entities state;

  /** The most machines of a domain that the rollout has away at once. */
  private final SortedMap<String, Integer> away = new TreeMap<>();

  PlanCapacity(Entities state) {
    this.state = state;
  }

  /** Units follow one another, so the worst of them is the worst moment. */
  void unit(List<Machine> switched, int batch) {
    SortedMap<String, Integer> members = new TreeMap<>();
    for (Machine machine : switched) {
      Domains.of(machine).forEach(each -> members.merge(each, 1, Integer::sum));
    }
    members.forEach(
        (domain, count) -> {
          Budget.Usage usage = Budget.usage(state, domain);
          int room = Math.max(0, usage.limit() - usage.taken() - usage.lost());
          away.merge(domain, Math.min(Math.min(batch, count), room), Math::max);
        });
  }

  /** Domains that it touches, those with the least left first. */
  List<PlannedCapacity> left() {
    List<PlannedCapacity> left = new ArrayList<>();
    away.forEach(
        (domain, most) -> {
          LedgerIndex.Count count = state.indexes().ledger.count(domain);
          int serving = Math.max(0, count.members() - count.taken() - count.lost());
          left.add(
              PlannedCapacity.newBuilder()
                  .setDomain(domain)
                  .setMembers(count.members())
                  .setServing(serving)
                  .setLeft(Math.max(0, serving - most))
                  .build());
        });
    left.sort(
        Comparator.comparingInt(PlanCapacity::share).thenComparing(PlannedCapacity::getDomain));
    return left;
  }

  private static int share(PlannedCapacity of) {
    return of.getMembers() == 0 ? 0 : (int) ((long) of.getLeft() * MILLE / of.getMembers());
  }
}

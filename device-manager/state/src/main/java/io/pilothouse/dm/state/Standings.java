package io.pilothouse.dm.state;

import io.pilothouse.api.v1.BudgetStanding;
import io.pilothouse.api.v1.Machine;
import java.util.List;
import java.util.Map;

/** How the domains of a machine stand in the ledger. */
final class Standings {

  private Standings() {}

  static List<BudgetStanding> of(Entities state, Machine machine) {
    Map<String, Budget.Usage> usage = Budget.usage(state);
    return DomainHolds.domainsOf(machine).stream()
        .filter(usage::containsKey)
        .map(each -> standing(each, usage.get(each)))
        .toList();
  }

  private static BudgetStanding standing(String domain, Budget.Usage usage) {
    return BudgetStanding.newBuilder()
        .setDomain(domain)
        .setLimit(usage.limit())
        .setTaken(usage.taken())
        .setLost(usage.lost())
        .build();
  }
}

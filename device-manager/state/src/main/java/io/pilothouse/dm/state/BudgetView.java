package io.pilothouse.dm.state;

import io.pilothouse.api.v1.BudgetLine;
import java.util.ArrayList;
import java.util.List;

/** The budget's ledger, a line a domain. */
public final class BudgetView {

  private BudgetView() {}

  public static List<BudgetLine> lines(Entities state) {
    List<BudgetLine> lines = new ArrayList<>();
    Budget.usage(state)
        .forEach(
            (domain, usage) ->
                lines.add(
                    BudgetLine.newBuilder()
                        .setDomain(domain)
                        .setLimit(usage.limit())
                        .setTaken(usage.taken())
                        .setLost(usage.lost())
                        .setWaiting(state.indexes().ledger.count(domain).waiting())
                        .build()));
    return lines;
  }
}

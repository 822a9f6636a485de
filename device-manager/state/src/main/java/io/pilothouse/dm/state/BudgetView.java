package io.pilothouse.dm.state;

import io.pilothouse.api.v1.BudgetLine;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Repair;
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
                        .setWaiting(waiting(state, domain))
                        .build()));
    return lines;
  }

  private static int waiting(Entities state, String domain) {
    return (int)
        state.repairs().stream()
            .filter(each -> each.getState() == Repair.State.WAITING)
            .filter(each -> isIn(state, each.getMachine(), domain))
            .count();
  }

  private static boolean isIn(Entities state, String name, String domain) {
    String unit = state.machine(name).map(Machine::getScaleUnit).orElse("");
    return domain.equals("fleet") || domain.equals("unit/" + unit);
  }
}
